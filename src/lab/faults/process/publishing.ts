/** The moment in which an engine is publishing, so that its death meets a stream and not a pause. */
import { delay } from "../../../base/async.js";
import type { Lab } from "../../ports.js";

/** An engine without load publishes nothing; its death then meets it idle. */
const PATIENCE_MS = 300;
const LOOK_MS = 2;

interface LabReport {
  readonly ranks: readonly { readonly batches: number }[];
}

/** Resolves when the engine has just published a batch ("batch 117"); null when it did not in time, or is no engine. */
export async function awaitBatch(lab: Lab, engine: string): Promise<string | null> {
  if (!lab.engines().some(({ spec, endpoints }) => spec.engine === engine && endpoints.lab !== null)) return null;
  const giveUpAt = performance.now() + PATIENCE_MS;
  let first: number | null = null;
  while (performance.now() < giveUpAt) {
    const batches = await publishedBatches(lab, engine);
    if (batches === null) return null;
    first ??= batches;
    if (batches > first) return `batch ${batches}`;
    await delay(LOOK_MS);
  }
  return null;
}

async function publishedBatches(lab: Lab, engine: string): Promise<number | null> {
  try {
    const { ranks } = (await lab.control(engine, "")) as LabReport;
    return ranks.reduce((sum, { batches }) => sum + batches, 0);
  } catch {
    return null;
  }
}
