/**
 * A whole run without faults in one thread: the double's cores publish over ordered, lossless, randomly slow links to the
 * gateway's cores, while requests, probes, late joins, departures and restarts happen. The history it returns must satisfy
 * every property, for every seed; if it does not, an engine, the gateway or the judge is wrong.
 */
import { NS_PER_MS } from "../base/clock.js";
import type { HashFunctions } from "../engine/cache/hash-functions.js";
import type { HistoryRecord } from "../judge/history/records.js";
import { SimWorld } from "./sim-world.js";
import { planOf } from "./sim-plan.js";

const START_NS = 1e9;

/** Records in order of `at`. The same seed gives the same records. */
export function simulateCleanRun(seed: number, hashes: HashFunctions): HistoryRecord[] {
  const plan = planOf(seed);
  const world = new SimWorld(plan, START_NS, hashes);
  for (const fleet of plan.fleet) world.time.at(START_NS + fleet.startsMs * NS_PER_MS, () => world.start(fleet));
  for (const { atMs, what } of plan.happenings) world.time.at(START_NS + atMs * NS_PER_MS, () => world.happen(what));
  world.time.runUntil(START_NS + plan.endMs * NS_PER_MS);
  return world.finish();
}
