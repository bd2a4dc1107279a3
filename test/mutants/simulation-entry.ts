/** The only file here that knows the simulation's interface: what a judge says of one simulated run of these cores. */
import { loadHashes } from "../../src/engine/cache/hash-functions.js";
import { judgeHistory } from "../../src/judge/judge.js";
import type { JudgeReport } from "../../src/judge/verdict.js";
import { simulateCleanRun } from "../../src/simulate/clean-run.js";

const hashes = await loadHashes("sha256_cbor");

/** @param _anomaly what shall happen in the run, by name; null = whatever the seed chooses. */
export function judgeSeed(seed: number, _anomaly: string | null): Promise<JudgeReport> {
  return judgeHistory(simulateCleanRun(seed, hashes));
}
