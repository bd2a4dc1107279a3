/**
 * Bundled with a defect inside and run as a thread, one per mutant, since cores may keep state in their modules: judges the seeds
 * that it is sent and answers with the properties that failed.
 */
import { parentPort } from "node:worker_threads";
import { asError } from "../../src/base/errors.js";
import { judgeSeed } from "./simulation-entry.js";

export interface SeedQuestion {
  readonly seed: number;
  readonly anomaly: string | null;
}

export interface SeedAnswer extends SeedQuestion {
  readonly failed: readonly string[];
  /** First words of the first violation of each. */
  readonly proofs: Readonly<Record<string, string>>;
  /** The run itself broke off: the defect makes the gateway throw. */
  readonly crash: string | null;
}

async function answer({ seed, anomaly }: SeedQuestion): Promise<SeedAnswer> {
  const proofs: Record<string, string> = {};
  try {
    const { properties } = await judgeSeed(seed, anomaly);
    for (const { id, verdict, violations } of properties) {
      if (verdict === "fail") proofs[id] = violations[0]?.summary ?? "";
    }
  } catch (thrown) {
    return { seed, anomaly, failed: [], proofs, crash: asError(thrown).message };
  }
  return { seed, anomaly, failed: Object.keys(proofs), proofs, crash: null };
}

parentPort?.on("message", (question: SeedQuestion) => {
  void answer(question).then((answered) => parentPort?.postMessage(answered));
});
