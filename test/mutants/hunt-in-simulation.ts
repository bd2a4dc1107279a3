/** Runs a mutant's cores in simulation, seed by seed, until its named property failed often enough. */
import { Worker } from "node:worker_threads";
import { asError } from "../../src/base/errors.js";
import { buildMutant } from "./build-mutant.js";
import { type Hunt, isFound, type Sighting } from "./hunt.js";
import type { FiledDefect } from "./load-defects.js";
import type { SeedAnswer, SeedQuestion } from "./simulation-worker.js";

const MAX_SEEDS = 400;
/** Of a mutant that loops for ever, and of all seeds of one that is slow. */
const SEED_LIMIT_MS = 60_000;
const HUNT_LIMIT_MS = 600_000;
/** A gateway that throws in every run needs no more proof than this many. */
const MAX_CRASHES = 10;

export async function huntInSimulation(defect: FiledDefect, signal?: AbortSignal): Promise<Hunt> {
  const hunt = { defect, sightings: [] as Sighting[], seedsTried: 0, failed: [] as string[], trouble: null };
  let thread: SimulationThread | undefined;
  let healthy: SimulationThread | undefined;
  try {
    thread = new SimulationThread(await buildMutant(defect, "simulation"));
    healthy = new SimulationThread(await buildMutant({ id: "none", patches: [] }, "simulation"));
    return await search(hunt, thread, healthy, signal);
  } catch (thrown) {
    return { ...hunt, trouble: asError(thrown).message };
  } finally {
    await Promise.all([thread?.stop(), healthy?.stop()]);
  }
}

async function search(
  hunt: Hunt & { sightings: Sighting[]; failed: string[]; seedsTried: number },
  thread: SimulationThread,
  healthy: SimulationThread,
  signal?: AbortSignal,
): Promise<Hunt> {
  const { defect } = hunt;
  const until = performance.now() + HUNT_LIMIT_MS;
  let crash: string | null = null;
  let crashes = 0;
  for (let seed = 1; seed <= MAX_SEEDS && !isFound(hunt); seed++) {
    if (signal?.aborted) return { ...hunt, trouble: "interrupted" };
    if (performance.now() > until) return { ...hunt, trouble: `not found within ${HUNT_LIMIT_MS / 1000} s` };
    const answer = await thread.ask({ seed, anomaly: anomalyFor(defect, seed) });
    hunt.seedsTried++;
    for (const id of answer.failed) if (!hunt.failed.includes(id)) hunt.failed.push(id);
    if (answer.crash !== null) {
      crash = answer.crash;
      if (++crashes >= MAX_CRASHES) break;
    }
    if (!defect.foundBy.some((id) => answer.failed.includes(id))) continue;
    // What also fails without the defect says nothing about it.
    const { failed: innocent } = await healthy.ask({ seed, anomaly: answer.anomaly });
    const { anomaly, proofs } = answer;
    const failed = answer.failed.filter((id) => !innocent.includes(id));
    const named = defect.foundBy.find((id) => failed.includes(id));
    if (named === undefined) continue;
    hunt.sightings.push({ seed, anomaly, failed, proof: `${named}: ${proofs[named]}` });
  }
  return { ...hunt, trouble: isFound(hunt) || crash === null ? null : `runs broke off: ${crash}` };
}

/** Two of three seeds have what the defect needs; the others are as wild as they come. */
export function anomalyFor({ anomalies = [] }: FiledDefect, seed: number): string | null {
  if (anomalies.length === 0 || seed % 3 === 0) return null;
  return anomalies[(seed - Math.floor(seed / 3) - 1) % anomalies.length] ?? null;
}

export class SimulationThread {
  readonly #worker: Worker;
  #settle: ((answer: SeedAnswer | Error) => void) | null = null;

  constructor(entry: string) {
    this.#worker = new Worker(entry);
    this.#worker.on("message", (answer: SeedAnswer) => this.#settle?.(answer));
    this.#worker.on("error", (error) => this.#settle?.(asError(error)));
  }

  /** One question at a time. @throws when the thread dies or does not answer in time. */
  ask(question: SeedQuestion): Promise<SeedAnswer> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => this.#settle?.(new Error(`seed ${question.seed} was not done within ${SEED_LIMIT_MS / 1000} s`)),
        SEED_LIMIT_MS,
      );
      this.#settle = (answer) => {
        clearTimeout(timer);
        this.#settle = null;
        if (answer instanceof Error) reject(answer);
        else resolve(answer);
      };
      this.#worker.postMessage(question);
    });
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }
}
