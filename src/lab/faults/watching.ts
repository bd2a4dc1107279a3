/** What the probes of faults have in common. */
import { delay } from "../../base/async.js";
import { asError } from "../../base/errors.js";
import type { EngineHandle } from "../ports.js";
import { requestWithin } from "../request-within.js";

/** A healthy engine or gateway answers within this on any machine that can run a scenario. */
export const STALL_MS = 400;

/** Whether `GET <url>/health` is answered with 200 in time, the connection included. Never rejects. */
export async function answersInTime(url: string, withinMs = STALL_MS): Promise<boolean> {
  try {
    return (await requestWithin(`${url}/health`, { withinMs })).status === 200;
  } catch {
    return false;
  }
}

const MAX_NAMED = 4;

/** `llama/1, llama/2, llama/3 and 5 more` */
export function named(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMED).join(", ");
  return names.length > MAX_NAMED ? `${shown} and ${names.length - MAX_NAMED} more` : shown;
}

export function namesOf(engines: readonly EngineHandle[]): string[] {
  return engines.map(({ spec }) => spec.engine);
}

/** Does `work` each time `everyMs` has passed, until the signal is raised; without `everyMs`, never. */
export async function again(
  everyMs: number | undefined,
  signal: AbortSignal,
  work: () => Promise<void>,
): Promise<void> {
  if (everyMs === undefined) return;
  while (!signal.aborted) {
    await delay(everyMs, signal);
    if (!signal.aborted) await work();
  }
}

/** Work that repeats in the background until it is stopped; what goes wrong in it is told by the next look. */
export class BackgroundWork {
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;
  #failure: Error | null = null;

  /** `work` must end soon after the signal is raised. */
  constructor(parent: AbortSignal, work: (signal: AbortSignal) => Promise<void>) {
    if (parent.aborted) this.#stop.abort();
    else parent.addEventListener("abort", () => this.#stop.abort(), { once: true });
    this.#done = work(this.#stop.signal).catch((thrown: unknown) => {
      this.#failure = asError(thrown);
    });
  }

  /** Throws what the work failed with. */
  check(): void {
    if (this.#failure !== null) throw this.#failure;
  }

  /** Resolves when the work has ended. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
    this.check();
  }
}
