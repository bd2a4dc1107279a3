/**
 * Fault windows, as measured: from the injection until the recovery was seen, plus the recovery bound ρ. A fault whose
 * targets are all named engines disturbs only those; any other disturbs everybody.
 */
import type { Bounds, FaultRecord } from "../history/records.js";

interface Window {
  readonly engines: ReadonlySet<string> | null;
  /** It may have kept news from consumers, rather than only end or change an engine. */
  readonly severs: boolean;
  /**
   * When news may first have been kept from consumers, by it or by a fault that it followed closely; since ever, if it bent replays:
   * then a consumer cannot even tell that the publisher still lives the same life, and may have had to begin again.
   */
  readonly since: number;
  open: boolean;
  end: number;
}

const ENGINE_PREFIX = "engines/";
/** Aimed at engines, these end or change the engine itself: whoever listens hears all that it says. */
const OF_THE_ENGINE_ITSELF = /^(process|engine|clock)\./;
/** These change what a replay answers, or what its answers look like. */
const BENDS_REPLAYS = /^(replay\.|stream\.(replay-|corrupt))/;
const SINCE_EVER = Number.NEGATIVE_INFINITY;

export class Disturbances {
  readonly #windows = new Map<string, Window>();
  readonly #bounds: Bounds;
  readonly #isEngine: (name: string) => boolean;

  constructor(bounds: Bounds, isEngine: (name: string) => boolean) {
    this.#bounds = bounds;
    this.#isEngine = isEngine;
  }

  note(fault: FaultRecord): void {
    const open = fault.event !== "recovered";
    const window = this.#windows.get(fault.id);
    if (window === undefined) {
      const engines = this.#targets(fault.targets);
      const severs = engines === null || !OF_THE_ENGINE_ITSELF.test(fault.fault);
      const since = BENDS_REPLAYS.test(fault.fault) ? SINCE_EVER : this.#severedSince(fault.at);
      this.#windows.set(fault.id, { engines, severs, since, open, end: fault.at });
      return;
    }
    window.open = open;
    window.end = fault.at;
  }

  /** No fault anywhere meets [from, now] or the recovery time before it. */
  calmEverywhere(from: number): boolean {
    for (const window of this.#windows.values()) if (this.#meets(window, from)) return false;
    return true;
  }

  /** No fault that could touch `engine` meets [from, now] or the recovery time before it. */
  calmFor(engine: string, from: number): boolean {
    for (const window of this.#windows.values()) {
      if (touches(window, engine) && this.#meets(window, from)) return false;
    }
    return true;
  }

  /** When the recovery time of every fault so far that could touch `engine` is over; infinite while one is in force. */
  calmAgainAt(engine: string): number {
    let at = Number.NEGATIVE_INFINITY;
    for (const window of this.#windows.values()) {
      if (!touches(window, engine)) continue;
      at = Math.max(at, window.open ? Number.POSITIVE_INFINITY : window.end + this.#bounds.recoveryNs);
    }
    return at;
  }

  /** Every fault that could touch `engine` had recovered by `moment`. */
  recoveredBy(engine: string, moment: number): boolean {
    for (const window of this.#windows.values()) {
      if (touches(window, engine) && (window.open || window.end >= moment)) return false;
    }
    return true;
  }

  /**
   * At `moment` news of `engine`'s lives must have arrived: Δ_restart after a fault of the engine itself, ρ after one that kept
   * news from consumers, who first have to notice that they can connect again.
   */
  newsDue(engine: string, moment: number): boolean {
    const { departureNs, recoveryNs } = this.#bounds;
    for (const window of this.#windows.values()) {
      const withinNs = window.severs ? Math.max(departureNs, recoveryNs) : departureNs;
      if (touches(window, engine) && (window.open || window.end + withinNs >= moment)) return false;
    }
    return true;
  }

  /** For a fault that recovered and may have kept news of `engine` from consumers: since when. Undefined for any other. */
  severedSince(fault: string, engine: string): number | undefined {
    const window = this.#windows.get(fault);
    return window?.severs === true && touches(window, engine) ? window.since : undefined;
  }

  /** A fault is in force. */
  get active(): boolean {
    for (const window of this.#windows.values()) if (window.open) return true;
    return false;
  }

  #meets(window: Window, from: number): boolean {
    return window.open || window.end + this.#bounds.recoveryNs >= from;
  }

  #severedSince(at: number): number {
    let since = at;
    for (const window of this.#windows.values()) {
      if (window.severs && this.#meets(window, at)) since = Math.min(since, window.since);
    }
    return since;
  }

  #targets(targets: readonly string[]): ReadonlySet<string> | null {
    const names = targets.map((t) => (t.startsWith(ENGINE_PREFIX) ? t.slice(ENGINE_PREFIX.length) : t));
    return names.length > 0 && names.every(this.#isEngine) ? new Set(names) : null;
  }
}

function touches(window: Window, engine: string): boolean {
  return window.engines === null || window.engines.has(engine);
}
