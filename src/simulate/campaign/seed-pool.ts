/** Runs seeds, in this thread or in several, and hands over each result as it comes. */
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
/** In one thread: seeds between two looks at signals and timers. */
const TURN = 4;

/** Resolves when all seeds ran or the signal came. */
export async function runInThisThread({ first, count }: SeedRange, options: PoolOptions): Promise<void> {
  for (let i = 0; i < count && !options.signal.aborted; i++) {
    options.onResult(await runSeed(first + i, options.hashes, options.sim));
    if (i % TURN === TURN - 1) await new Promise<void>((resolve) => void setImmediate(resolve));
  }
}

/** As {@link runInThisThread}, in `threads` threads of the program `entry` (campaign/worker.ts, built). */
export async function runInThreads(
  range: SeedRange,
  threads: number,
  entry: string,
  options: PoolOptions,
): Promise<void> {
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
    const worker = new Worker(entry);
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
