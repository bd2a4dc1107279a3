/** Carries out the steps of a plan, one after the other, each no earlier than planned and than the last one's effect needs. */
import { delay } from "../../base/async.js";
import { NS_PER_MS } from "../../base/clock.js";
import { KvproofError } from "../../base/errors.js";
import type { RunContext } from "../run/run-context.js";
import type { StepSpec } from "../schema/steps.js";
import { ProbeKit } from "../probes/probe-kit.js";
import { adapterStep } from "./adapter-steps.js";
import { cacheStep } from "./cache-steps.js";
import { engineStep } from "./engine-steps.js";

/** Resolves when the last step is done and had its time; rejects with the first step that cannot be carried out. */
export async function runTimetable(context: RunContext, signal: AbortSignal): Promise<void> {
  const kit = new ProbeKit(context, context.rng.fork("steps"));
  const beganAt = context.clock.nowNs();
  let notBefore = beganAt;
  for (const { atMs, settleMs, step } of context.plan.steps) {
    const dueAt = Math.max(beganAt + atMs * NS_PER_MS, notBefore);
    await delay((dueAt - context.clock.nowNs()) / NS_PER_MS, signal);
    if (signal.aborted) return;
    await carryOut(kit, step, signal);
    notBefore = context.clock.nowNs() + settleMs * NS_PER_MS;
  }
  await delay((notBefore - context.clock.nowNs()) / NS_PER_MS, signal);
}

async function carryOut(kit: ProbeKit, step: StepSpec, signal: AbortSignal): Promise<void> {
  const { recorder, clock } = kit.context;
  const { at: _, do: name, ...parameters } = step;
  recorder.record({ k: "mark", at: clock.nowNs(), name, detail: `begins ${JSON.stringify(parameters)}` });
  try {
    await perform(kit, step);
  } catch (thrown) {
    if (signal.aborted || !(thrown instanceof KvproofError)) throw thrown;
    throw new KvproofError(thrown.code, `step ${name} ${JSON.stringify(parameters)}: ${thrown.message}`, {
      cause: thrown,
    });
  }
  recorder.record({ k: "mark", at: clock.nowNs(), name, detail: "done" });
}

function perform(kit: ProbeKit, step: StepSpec): Promise<void> {
  if (isFamily(step, "adapter.")) return adapterStep(kit, step);
  if (isFamily(step, "cache.")) return cacheStep(kit, step);
  return engineStep(kit, step as Exclude<StepSpec, { do: `adapter.${string}` | `cache.${string}` }>);
}

function isFamily<P extends string>(step: StepSpec, prefix: P): step is Extract<StepSpec, { do: `${P}${string}` }> {
  return step.do.startsWith(prefix);
}
