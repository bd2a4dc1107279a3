/** The gateway without a defect, simulated: any finding is a defect of ours, or a checker that cries wolf. */
import { buildMutant } from "./build-mutant.js";
import { SimulationThread } from "./hunt-in-simulation.js";
import type { CleanRuns } from "./matrix.js";

const THREADS = 2;

/** @param ended is told how many seeds are done. */
export async function cleanRuns(
  seeds: number,
  ended: (done: number) => void,
  signal?: AbortSignal,
): Promise<CleanRuns> {
  const entry = await buildMutant({ id: "none", patches: [] }, "simulation");
  const findings: CleanRuns["findings"][number][] = [];
  let next = 1;
  let done = 0;
  const work = async (): Promise<void> => {
    const thread = new SimulationThread(entry);
    try {
      for (let seed = next++; seed <= seeds; seed = next++) {
        if (signal?.aborted) break;
        const { failed, proofs, crash } = await thread.ask({ seed, anomaly: null });
        if (crash !== null) findings.push({ seed, failed: ["(broke off)"], proof: crash });
        else if (failed.length > 0) findings.push({ seed, failed, proof: proofs[failed[0] as string] ?? "" });
        ended(++done);
      }
    } finally {
      await thread.stop();
    }
  };
  await Promise.all(Array.from({ length: THREADS }, work));
  return { seeds: done, findings: findings.sort((a, b) => a.seed - b.seed) };
}
