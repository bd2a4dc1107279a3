/** Carries out the faults of a plan, each at its time and beside the others; ends when the last one is gone. */
import { delay, sharedAbort } from "../../base/async.js";
import { NS_PER_MS } from "../../base/clock.js";
import { faultOf } from "../../lab/faults/catalogue.js";
import type { Fault } from "../../lab/faults/fault.js";
import type { RunContext } from "../run/run-context.js";
import { FaultLife } from "./fault-life.js";
import { RunOrchestrator } from "./run-orchestrator.js";

/**
 * Resolves true when all are gone, false when one could not be taken back. Rejects with the first that could not begin; then,
 * and when `signal` is raised, those in force are taken back first.
 */
export async function runFaults(
  context: RunContext,
  signal: AbortSignal,
  kindOf: (kind: string) => Fault | undefined = faultOf,
): Promise<boolean> {
  const { plan, clock } = context;
  const orchestrator = new RunOrchestrator(context);
  const stop = sharedAbort();
  const follow = (): void => stop.abort();
  if (signal.aborted) stop.abort();
  signal.addEventListener("abort", follow, { once: true });
  const beganAt = clock.nowNs();
  const lives = plan.faults.map(async (planned) => {
    await delay((beganAt + planned.atMs * NS_PER_MS - clock.nowNs()) / NS_PER_MS, stop.signal);
    if (stop.signal.aborted) return true;
    return new FaultLife(planned, { context, orchestrator, kindOf, signal: stop.signal }).live();
  });
  for (const life of lives) life.then((gone) => gone || stop.abort()).catch(() => stop.abort());
  const ended = await Promise.allSettled(lives);
  signal.removeEventListener("abort", follow);
  const failure = ended.find((life) => life.status === "rejected");
  if (failure !== undefined) throw failure.reason;
  return ended.every((life) => life.status === "fulfilled" && life.value);
}
