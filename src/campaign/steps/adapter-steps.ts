/** Adapters are loaded, unloaded and replaced at run time, through vLLM's own calls. */
import { request } from "undici";
import { delay } from "../../base/async.js";
import { UnavailableError } from "../../base/errors.js";
import type { EngineHandle } from "../../lab/ports.js";
import type { ProbeKit } from "../probes/probe-kit.js";
import type { StepSpec } from "../schema/steps.js";
import { targetsOf } from "./targets.js";

type AdapterStep = Extract<StepSpec, { do: `adapter.${string}` }>;

/** Requests to an adapter that is about to go are given this long to end. */
const DRAIN_MS = 150;

export async function adapterStep(kit: ProbeKit, step: AdapterStep): Promise<void> {
  const { adapter } = step;
  const handles = targetsOf(kit.context, step.engine);
  if (step.do !== "adapter.load") {
    for (const { spec } of handles) kit.context.fleet.adapterLeaves(spec.model, adapter);
    await delay(DRAIN_MS);
    await Promise.all(handles.map((handle) => unload(kit, handle, adapter)));
  }
  if (step.do !== "adapter.unload") {
    const path = step.path ?? `/adapters/${adapter}/v1`;
    await Promise.all(handles.map((handle) => load(kit, handle, adapter, path)));
  }
}

async function load({ context }: ProbeKit, handle: EngineHandle, name: string, path: string): Promise<void> {
  const found = (await context.lab.prepareAdapter?.(handle.spec.engine, { name, path })) ?? path;
  await call(handle, "/v1/load_lora_adapter", { lora_name: name, lora_path: found });
  context.fleet.adapterChanged(handle, name, path);
}

async function unload({ context }: ProbeKit, handle: EngineHandle, name: string): Promise<void> {
  await call(handle, "/v1/unload_lora_adapter", { lora_name: name });
  context.fleet.adapterChanged(handle, name, null);
}

async function call({ spec, direct }: EngineHandle, path: string, body: Record<string, string>): Promise<void> {
  const response = await request(`${direct.http}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const text = await response.body.text();
  if (response.statusCode === 200) return;
  throw new UnavailableError(
    "KVP_E_UPSTREAM",
    `engine ${spec.engine} answered ${response.statusCode} to ${path}: ${text.slice(0, 200)}`,
  );
}
