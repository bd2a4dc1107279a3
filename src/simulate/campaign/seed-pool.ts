/** Runs seeds in threads, a single one in this thread, and hands over each result as it comes. */
import { Worker } from "node:worker_threads";
import type { HashFunctions } from "../../engine/cache/hash-functions.js";
import { asError, InternalError } from "../../base/errors.js";
import { runSeed, type SeedOptions, type SeedResult } from "./run-seed.js";

export interface SeedRange {
  readonly first: number;
  readonly count: number;
}

export interface PoolOptions {
  readonly sim: SeedOptions;
  readonly hashes: HashFunctions;
  readonly onResult: (result: SeedResult) => void;
  readonly signal: AbortSignal;
}

export interface WorkerTask {
  readonly seeds: readonly number[];
  readonly sim: SeedOptions;
}

/** Seeds handed to a thread at once. */
const SLICE = 8;
/** A seed's world lives a few milliseconds: room for several in the young generation saves an eighth of the time (Node 20). */
const YOUNG_GENERATION_MB = 96;

/** Resolves when all seeds ran, in `threads` threads of the program `entry` (campaign/worker.ts, built), or the signal came. */
export async function runSeeds(range: SeedRange, threads: number, entry: string, options: PoolOptions): Promise<void> {
  if (range.count === 1) return options.onResult(await runSeed(range.first, options.hashes, options.sim));
  let next = 0;
  const take = (): WorkerTask | null => {
    if (options.signal.aborted || next >= range.count) return null;
    const from = next;
    next = Math.min(range.count, next + SLICE);
    return { seeds: Array.from({ length: next - from }, (_, i) => range.first + from + i), sim: options.sim };
  };
  await Promise.all(Array.from({ length: threads }, () => runThread(entry, take, options.onResult)));
}

function runThread(
  entry: string,
  take: () => WorkerTask | null,
  onResult: (result: SeedResult) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(entry, { resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB } });
    let done = false;
    const give = (): void => {
      const task = take();
      done = task === null;
      // Without anything to wait for, the thread ends by itself.
      worker.postMessage(task);
    };
    worker.on("message", (results: readonly SeedResult[]) => {
      results.forEach(onResult);
      give();
    });
    worker.on("error", (thrown) => reject(asError(thrown)));
    worker.on("exit", (code) => {
      if (done && code === 0) resolve();
      else reject(new InternalError(`a simulation thread ended with code ${code} before its seeds were done`));
    });
    give();
  });
}
