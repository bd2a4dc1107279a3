/** Publisher and consumer as processes, the consumer on a core of its own where the system lets us choose; rates and sizes that rise. */
import { type ChildProcess, execFileSync, fork } from "node:child_process";
import { delay, withTimeout } from "../../../src/base/async.js";
import { type Limit, limitOf } from "../../../src/judge/statistics/load-steps.js";
import type { ConsumerState } from "./consumer.js";
import type { LoadDone, PublisherOrder } from "./publisher.js";

const RATES = [
  20_000, 40_000, 50_000, 60_000, 70_000, 80_000, 90_000, 100_000, 115_000, 130_000, 150_000, 175_000, 200_000, 250_000,
  300_000, 350_000,
];
const WARM_UP = { batchesPerS: 20_000, forMs: 2_000 };
const DRAIN_POLL_MS = 2;
const DRAIN_LIMIT_MS = 3_000;
const ANSWER_TIMEOUT_MS = 120_000;

export interface WireStep {
  readonly offeredPerS: number;
  readonly sentPerS: number;
  readonly drainMs: number | null;
  readonly latenessP99Ms: number;
  /** CPU seconds of the consumer per second. */
  readonly consumerCpu: number;
  readonly lost: number;
  readonly limit: Limit | null;
}
export interface GrowthStep {
  readonly residentBlocks: number;
  readonly bytesPerBlock: number;
  readonly rssMib: number;
  readonly cpuSecondsPerMillionEvents: number;
}
export interface WireReport {
  /** Batches per second, sent and applied, of the highest rate with nothing lost and no queue left. */
  readonly kneePerS: number | null;
  readonly limit: Limit | null;
  readonly pinned: boolean;
  readonly bytesPerBatch: number;
  readonly steps: readonly WireStep[];
  readonly growth: readonly GrowthStep[];
}

/** `entry`: the script that becomes a publisher or consumer when told so. */
export async function measureWire(
  entry: string,
  { stepMs, sizes }: { stepMs: number; sizes: readonly number[] },
): Promise<WireReport> {
  const pair = await Pair.start(entry);
  try {
    await pair.step(WARM_UP.batchesPerS, WARM_UP.forMs);
    const steps: WireStep[] = [];
    for (const rate of RATES) {
      const step = await pair.step(rate, stepMs);
      steps.push(step);
      if (step.limit !== null || step.lost > 0) break;
    }
    const state = await pair.state();
    const good = steps.filter(({ limit, lost }) => limit === null && lost === 0);
    return {
      kneePerS: good.at(-1)?.sentPerS ?? null,
      limit: steps.at(-1)?.limit ?? null,
      pinned: pair.pinned,
      bytesPerBatch: state.receivedBytes / Math.max(1, state.applied),
      steps,
      growth: await pair.growth(sizes),
    };
  } finally {
    pair.end();
  }
}

class Pair {
  readonly pinned: boolean;
  readonly #publisher: ChildProcess;
  readonly #consumer: ChildProcess;

  private constructor(publisher: ChildProcess, consumer: ChildProcess, pinned: boolean) {
    this.#publisher = publisher;
    this.#consumer = consumer;
    this.pinned = pinned;
  }

  static async start(entry: string): Promise<Pair> {
    const publisher = fork(entry, ["--wire-publisher"], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    const { port } = await answer<{ port: number }>(publisher);
    const connected = answer(publisher);
    const consumer = fork(entry, ["--wire-consumer", String(port)], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    const pinned = pin(consumer.pid, 0) && pin(publisher.pid, 1);
    await connected;
    return new Pair(publisher, consumer, pinned);
  }

  end(): void {
    this.#publisher.kill("SIGKILL");
    this.#consumer.kill("SIGKILL");
  }

  state(): Promise<ConsumerState> {
    return ask<ConsumerState>(this.#consumer, "state");
  }

  async step(batchesPerS: number, forMs: number): Promise<WireStep> {
    const before = await this.state();
    const done = await this.#order<LoadDone>({ do: "load", batchesPerS, forMs });
    const { drainMs, after } = await this.#drained(done.total, done.stoppedAt);
    const lost = done.total - after.applied + after.notApplied;
    return {
      offeredPerS: batchesPerS,
      sentPerS: (done.sent * 1e9) / (done.stoppedAt - done.startedAt),
      drainMs,
      latenessP99Ms: done.latenessP99Ms,
      consumerCpu: ((after.cpuSeconds - before.cpuSeconds) * 1e9) / (after.at - before.at),
      lost,
      limit: limitOf({ offered: done.offered, sent: done.sent, latenessP99Ms: done.latenessP99Ms, drainMs }),
    };
  }

  /** Blocks are added up to each size, then the same load is applied at a moderate rate. */
  async growth(sizes: readonly number[]): Promise<GrowthStep[]> {
    const steps: GrowthStep[] = [];
    for (const size of sizes) {
      const { indexBlocks } = await this.state();
      if (size > indexBlocks) {
        const { total } = await this.#order<{ total: number }>({
          do: "fill",
          blocks: Math.ceil((size - indexBlocks) / 64) * 64,
        });
        await this.#drained(total, 0, ANSWER_TIMEOUT_MS);
      }
      const before = await this.state();
      await this.step(20_000, 1_500);
      const after = await this.state();
      steps.push({
        residentBlocks: after.indexBlocks,
        bytesPerBlock: after.indexBytes / after.indexBlocks,
        rssMib: after.rssBytes / 2 ** 20,
        cpuSecondsPerMillionEvents: ((after.cpuSeconds - before.cpuSeconds) * 1e6) / (after.events - before.events),
      });
    }
    return steps;
  }

  async #drained(
    total: number,
    sinceNs: number,
    limitMs = DRAIN_LIMIT_MS,
  ): Promise<{ drainMs: number | null; after: ConsumerState }> {
    const giveUpAt = performance.now() + limitMs;
    for (;;) {
      const after = await this.state();
      if (after.lastSeq + 1 >= total) return { drainMs: Math.max(0, (after.at - sinceNs) / 1e6), after };
      if (performance.now() > giveUpAt) return { drainMs: null, after };
      await delay(DRAIN_POLL_MS);
    }
  }

  #order<T>(order: PublisherOrder): Promise<T> {
    return ask<T>(this.#publisher, order);
  }
}

function ask<T>(child: ChildProcess, message: object | string): Promise<T> {
  const answered = answer<T>(child);
  child.send(message);
  return answered;
}

function answer<T>(child: ChildProcess): Promise<T> {
  const next = new Promise<T>((resolve, reject) => {
    const ended = (code: number | null): void =>
      reject(new Error(`a process of the wire benchmark ended (exit code ${code})`));
    child.once("exit", ended);
    child.once("message", (message) => {
      child.off("exit", ended);
      resolve(message as T);
    });
  });
  return withTimeout(next, ANSWER_TIMEOUT_MS, "a process of the wire benchmark to answer");
}

/** False where processes cannot be bound to processors, or there is only one. */
function pin(pid: number | undefined, core: number): boolean {
  try {
    execFileSync("taskset", ["-a", "-c", "-p", String(core), String(pid)], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
