/** A run in which nothing is broken, for tests of the judge and of defects that need no fault to show. */
import type { HashFunctions } from "../engine/cache/hash-functions.js";
import type { HistoryRecord } from "../judge/history/records.js";
import { simulateRun } from "./simulate-run.js";

export function simulateCleanRun(seed: number, hashes: HashFunctions): HistoryRecord[] {
  return simulateRun(seed, hashes, { faults: [] });
}
