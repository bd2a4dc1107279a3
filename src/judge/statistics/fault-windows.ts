/**
 * When each fault was in force, by its own probes, and what that makes of every moment under load: before the first fault
 * ("steady"), while any is in force ("fault"), or after all recovered ("heal"). A fault is in force from its injection, since
 * it may bite before that is seen, until its recovery was seen.
 */
import type { FaultRecord, HistoryRecord } from "../history/records.js";
import type { FaultWindow } from "../verdict.js";
import { FaultAccount } from "./fault-account.js";

export const PARTS = ["steady", "fault", "heal"] as const;
/** Part of a run under load, by what was in force. */
export type Part = (typeof PARTS)[number];

interface Turn {
  readonly at: number;
  readonly part: Part | null;
}

type Window = { -readonly [K in keyof FaultWindow]: FaultWindow[K] };

/** One fault: its window, what was said about it, and until when something said may be about it. */
interface Told {
  readonly window: Window;
  readonly account: FaultAccount;
  until: number;
}

export class FaultWindows {
  readonly #startAt: number;
  readonly #recoveryNs: number;
  readonly #faults = new Map<string, Told>();
  readonly #inForce = new Set<string>();
  readonly #turns: Turn[] = [];
  #underLoad = false;

  constructor(startAt: number, recoveryNs: number) {
    this.#startAt = startAt;
    this.#recoveryNs = recoveryNs;
  }

  note(record: HistoryRecord): void {
    if (record.k === "fault") this.#fault(record);
    else if (record.k === "log" || record.k === "metric") {
      for (const { account, until } of this.#faults.values()) {
        if (record.at > until) continue;
        if (record.k === "log") account.said(record, this.#ms(record.at));
        else account.moved(record);
      }
    } else if (record.k === "phase") {
      if (record.name === "steady") this.#underLoad = true;
      else if (record.name === "converge" || record.name === "drain" || record.name === "end") this.#underLoad = false;
      // What is said when everybody leaves is about that.
      if (record.name === "drain")
        for (const told of this.#faults.values()) told.until = Math.min(told.until, record.at);
      this.#turn(record.at);
    }
  }

  get any(): boolean {
    return this.#faults.size > 0;
  }

  /** In order of injection. */
  windows(): readonly FaultWindow[] {
    return [...this.#faults.values()].map(({ window, account }) => ({
      ...window,
      said: account.lines(),
      moved: account.metrics(),
    }));
  }

  /** Null outside the measured time under load. `at` may lie before the last record, never after it. */
  partAt(at: number): Part | null {
    for (let i = this.#turns.length - 1; i >= 0; i--) {
      const turn = this.#turns[i] as Turn;
      if (turn.at <= at) return turn.part;
    }
    return null;
  }

  /** How long each part lasted, in nanoseconds, up to `endAt`. */
  durations(endAt: number): Record<Part, number> {
    const total = { steady: 0, fault: 0, heal: 0 };
    for (const [i, { at, part }] of this.#turns.entries()) {
      if (part !== null) total[part] += (this.#turns[i + 1]?.at ?? endAt) - at;
    }
    return total;
  }

  #fault(record: FaultRecord): void {
    const told = this.#faults.get(record.id) ?? this.#begin(record);
    const { window } = told;
    const ms = this.#ms(record.at);
    const { evidence } = record;
    if (record.event === "effective" && window.effectiveMs === null) {
      window.effectiveMs = ms;
      window.effect = evidence ?? null;
    } else if (record.event === "recovering") window.recoveringMs ??= ms;
    else if (record.event === "recovered") {
      window.recoveredMs = ms;
      window.recovery = evidence ?? null;
      told.until = record.at + this.#recoveryNs;
    } else if (record.event === "failed") window.failure = evidence ?? "no reason given";
    if (record.event === "recovered") this.#inForce.delete(record.id);
    else this.#inForce.add(record.id);
    this.#turn(record.at);
  }

  #begin({ id, fault, targets, at }: FaultRecord): Told {
    const nothingYet = { effectiveMs: null, recoveringMs: null, recoveredMs: null, exactAfterMs: null };
    const saidNothing = { effect: null, recovery: null, failure: null, said: [], moved: [] };
    const window: Window = { id, fault, targets, injectedMs: this.#ms(at), ...nothingYet, ...saidNothing };
    const told = { window, account: new FaultAccount(), until: Number.POSITIVE_INFINITY };
    this.#faults.set(id, told);
    return told;
  }

  #ms(at: number): number {
    return Math.round((at - this.#startAt) / 1e3) / 1e3;
  }

  #turn(at: number): void {
    const loaded = this.#inForce.size > 0 ? "fault" : this.any ? "heal" : "steady";
    const part = this.#underLoad ? loaded : null;
    if (this.#turns.at(-1)?.part !== part) this.#turns.push({ at, part });
  }
}
