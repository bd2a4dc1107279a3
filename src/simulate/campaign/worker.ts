/** One thread of a simulation over many seeds: gets seeds, gives results. */
import { parentPort } from "node:worker_threads";
import { loadHashes } from "../../engine/cache/hash-functions.js";
import { runSeed, type SeedResult } from "./run-seed.js";
import type { WorkerTask } from "./seed-pool.js";

const hashes = await loadHashes("sha256_cbor");

async function work({ seeds, sim }: WorkerTask): Promise<void> {
  const results: SeedResult[] = [];
  for (const seed of seeds) results.push(await runSeed(seed, hashes, sim));
  parentPort?.postMessage(results);
}

parentPort?.on("message", (task: WorkerTask | null) => {
  if (task === null) parentPort?.close();
  // A seed that throws is a defect of ours: it ends the thread, and the main thread reports it.
  else void work(task);
});
