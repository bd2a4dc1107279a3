/** What happens to an engine's cache without any request: resets, and blocks that come and go. */
import { request } from "undici";
import { waitFor } from "../../base/async.js";
import type { EngineHandle } from "../../lab/ports.js";
import type { ProbeKit } from "../probes/probe-kit.js";
import type { StepSpec } from "../schema/steps.js";
import { targetsOf } from "./targets.js";

type CacheStep = Extract<StepSpec, { do: `cache.${string}` }>;

/** A reset fails while any block is in use; under load it takes a few attempts. */
const RESET_TIMEOUT_MS = 5_000;

export async function cacheStep(kit: ProbeKit, step: CacheStep): Promise<void> {
  const handles = targetsOf(kit.context, step.engine);
  if (step.do === "cache.reset") await Promise.all(handles.map((handle) => reset(kit, handle)));
  else if (step.do === "cache.store") await Promise.all(handles.map((handle) => store(kit, handle, step.prompts)));
  else await Promise.all(handles.map((handle) => evict(kit, handle, step.prompts)));
}

async function reset(kit: ProbeKit, handle: EngineHandle): Promise<void> {
  await waitFor(
    async () => {
      const response = await request(`${handle.direct.http}/reset_prefix_cache`, { method: "POST" });
      return ((await response.body.json()) as { success?: boolean }).success === true;
    },
    { describe: `engine ${handle.spec.engine} to reset its prefix cache`, timeoutMs: RESET_TIMEOUT_MS, intervalMs: 10 },
  );
  // vLLM tells of a reset with its next step only.
  await store(kit, handle, 1);
}

async function store(kit: ProbeKit, handle: EngineHandle, prompts: number): Promise<void> {
  for (let i = 0; i < prompts; i++) {
    const prompt = kit.freshPrompt(kit.lineage(handle.spec.model));
    kit.context.stored.add(await kit.store(handle, prompt, kit.rank(handle)));
  }
}

async function evict(kit: ProbeKit, handle: EngineHandle, prompts: number): Promise<void> {
  for (let i = 0; i < prompts; i++) {
    const stored = kit.context.stored.take(
      kit.rng,
      (candidate) => candidate.engine === handle.spec.engine && kit.stillThere(candidate),
    );
    if (stored !== null) await kit.evict(stored);
  }
}
