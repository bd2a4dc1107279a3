/**
 * When each fault was in force, by its own probes, and what that makes of every moment under load: before the first fault
 * ("steady"), while any is in force ("fault"), or after all recovered ("heal"). A fault is in force from its injection, since
 * it may bite before that is seen, until its recovery was seen.
 */
import type { FaultRecord, HistoryRecord } from "../history/records.js";
import type { FaultWindow } from "../verdict.js";

export const PARTS = ["steady", "fault", "heal"] as const;
/** Part of a run under load, by what was in force. */
export type Part = (typeof PARTS)[number];

interface Turn {
  readonly at: number;
  readonly part: Part | null;
}

type Window = { -readonly [K in keyof FaultWindow]: FaultWindow[K] };

export class FaultWindows {
  readonly #startAt: number;
  readonly #windows = new Map<string, Window>();
  readonly #inForce = new Set<string>();
  readonly #turns: Turn[] = [];
  #underLoad = false;

  constructor(startAt: number) {
    this.#startAt = startAt;
  }

  note(record: HistoryRecord): void {
    if (record.k === "fault") this.#fault(record);
    else if (record.k === "phase") {
      if (record.name === "steady") this.#underLoad = true;
      else if (record.name === "converge" || record.name === "drain" || record.name === "end") this.#underLoad = false;
      this.#turn(record.at);
    }
  }

  get any(): boolean {
    return this.#windows.size > 0;
  }

  /** In order of injection. */
  windows(): readonly FaultWindow[] {
    return [...this.#windows.values()];
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
    const window = this.#windows.get(record.id) ?? this.#begin(record);
    const ms = Math.round((record.at - this.#startAt) / 1e3) / 1e3;
    const { evidence } = record;
    if (record.event === "effective" && window.effectiveMs === null) {
      window.effectiveMs = ms;
      window.effect = evidence ?? null;
    } else if (record.event === "recovering") window.recoveringMs ??= ms;
    else if (record.event === "recovered") {
      window.recoveredMs = ms;
      window.recovery = evidence ?? null;
    } else if (record.event === "failed") window.failure = evidence ?? "no reason given";
    if (record.event === "recovered") this.#inForce.delete(record.id);
    else this.#inForce.add(record.id);
    this.#turn(record.at);
  }

  #begin({ id, fault, targets, at }: FaultRecord): Window {
    const window: Window = {
      id,
      fault,
      targets,
      injectedMs: Math.round((at - this.#startAt) / 1e3) / 1e3,
      effectiveMs: null,
      recoveringMs: null,
      recoveredMs: null,
      effect: null,
      recovery: null,
      failure: null,
      exactAfterMs: null,
    };
    this.#windows.set(id, window);
    return window;
  }

  #turn(at: number): void {
    const loaded = this.#inForce.size > 0 ? "fault" : this.any ? "heal" : "steady";
    const part = this.#underLoad ? loaded : null;
    if (this.#turns.at(-1)?.part !== part) this.#turns.push({ at, part });
  }
}
