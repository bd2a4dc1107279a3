/** Bundled with a defect inside, and imported by simulated.test.ts: what a judge says of simulated runs of these cores. */
import { loadHashes } from "../../src/engine/cache/hash-functions.js";
import { judgeHistory } from "../../src/judge/judge.js";
import type { JudgeReport } from "../../src/judge/verdict.js";
import { simulateCleanRun } from "../../src/simulate/clean-run.js";

const hashes = await loadHashes("sha256_cbor");

export function judgeSeed(seed: number): Promise<JudgeReport> {
  return judgeHistory(simulateCleanRun(seed, hashes));
}
