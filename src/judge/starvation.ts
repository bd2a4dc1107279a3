/**
 * Processes that wait for a CPU. On a machine with more to do than it has CPUs, news is late whoever carries it: a violation of
 * Δ while the system under test, or the engine, was kept waiting for a good part of Δ says nothing about either. Such a verdict is
 * unknown, with the waiting as the reason. What no delay can explain (an invention, a mixture, a gap) is never excused.
 */
import type { ResourceRecord } from "./history/records.js";
import type { PropertyResult, Violation } from "./verdict.js";

/** Shares of Δ and of the looks below which waiting is everyday life. */
const WAITED_SHARE_OF_BOUND = 0.5;
const WAITED_SHARE_OF_TIME = 0.1;
const NS_PER_S = 1e9;

interface Wait {
  readonly from: number;
  readonly to: number;
  readonly ns: number;
}

export class Starvation {
  readonly #boundNs: number;
  readonly #last = new Map<string, { at: number; waitedS: number }>();
  readonly #gateway: Wait[] = [];
  readonly #engines = new Map<string, Wait[]>();

  constructor(stalenessNs: number) {
    this.#boundNs = stalenessNs;
  }

  note({ at, process, kind, cpuWaitSeconds: waitedS }: ResourceRecord): void {
    if (waitedS === undefined || (kind !== "gateway" && kind !== "engine")) return;
    const before = this.#last.get(process);
    this.#last.set(process, { at, waitedS });
    // A process that was started again counts from 0.
    if (before === undefined || waitedS < before.waitedS) return;
    const ns = (waitedS - before.waitedS) * NS_PER_S;
    if (ns < (at - before.at) * WAITED_SHARE_OF_TIME) return;
    const wait = { from: before.at, to: at, ns };
    if (kind === "gateway") this.#gateway.push(wait);
    else this.#engines.set(process, [...(this.#engines.get(process) ?? []), wait]);
  }

  /** `result`, or unknown when waiting for a CPU explains every violation that it has proofs of. */
  excuse(result: PropertyResult): PropertyResult {
    if (result.verdict !== "fail") return result;
    const waits = result.violations.map((violation) => this.#explanation(violation));
    const [first] = waits;
    if (first === undefined || waits.includes(null)) return result;
    return { ...result, verdict: "unknown", reason: `the machine had no CPU for what is judged: ${first}` };
  }

  #explanation({ at, engine, timeless }: Violation): string | null {
    if (timeless === true) return null;
    const from = at - 2 * this.#boundNs;
    const sut = within(this.#gateway, from, at);
    const engines = engine === undefined ? [...this.#engines.values()] : [this.#engines.get(engine) ?? []];
    const worst = Math.max(0, ...engines.map((waits) => within(waits, from, at)));
    if (sut + worst < this.#boundNs * WAITED_SHARE_OF_BOUND) return null;
    const ms = (ns: number): number => Math.round(ns / 1e6);
    return `around the violation the system under test waited ${ms(sut)} ms for one, ${engine ?? "an engine"} ${ms(worst)} ms (Δ is ${ms(this.#boundNs)} ms)`;
  }
}

function within(waits: readonly Wait[], from: number, to: number): number {
  return waits.reduce((sum, wait) => (wait.to >= from && wait.from <= to ? sum + wait.ns : sum), 0);
}
