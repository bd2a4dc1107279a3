/**
 * A whole run in one thread: the double's cores publish over links that the plan's faults disturb to the gateway's cores, while
 * requests, probes, late joins, departures and restarts happen. Safety is judged throughout; then everything is healed, and the
 * history must show convergence. If it breaks a property, an engine, the gateway or the judge is wrong.
 */
import { NS_PER_MS } from "../base/clock.js";
import type { HashFunctions } from "../engine/cache/hash-functions.js";
import type { HistoryRecord } from "../judge/history/records.js";
import { makePlan, type SimOptions } from "./plan/make-plan.js";
import type { SimPlan } from "./plan/plan.js";
import { FaultDriver } from "./world/fault-driver.js";
import { SimWorld } from "./world/sim-world.js";

const START_NS = 1e9;

/** Records in order of `at`. The same seed and options give the same records. */
export function simulateRun(seed: number, hashes: HashFunctions, options: SimOptions = {}): HistoryRecord[] {
  return simulatePlan(makePlan(seed, options), hashes);
}

export function simulatePlan(plan: SimPlan, hashes: HashFunctions): HistoryRecord[] {
  const world = new SimWorld(plan, START_NS, hashes);
  const driver = new FaultDriver(world);
  for (const member of plan.fleet) world.time.at(START_NS + member.startsMs * NS_PER_MS, () => world.start(member));
  for (const fault of plan.faults) driver.plan(fault, START_NS);
  for (const happening of plan.happenings) {
    world.time.at(START_NS + happening.atMs * NS_PER_MS, () => world.happen(happening));
  }
  world.time.runUntil(START_NS + plan.endMs * NS_PER_MS);
  return world.finish();
}
