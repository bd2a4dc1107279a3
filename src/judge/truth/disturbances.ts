/**
 * Fault windows, as measured: from the injection until the recovery was seen, plus the recovery bound ρ. A fault whose
 * targets are all named engines disturbs only those; any other disturbs everybody.
 */
import type { Bounds, FaultRecord } from "../history/records.js";

interface Window {
  readonly engines: ReadonlySet<string> | null;
  open: boolean;
  end: number;
}

const ENGINE_PREFIX = "engines/";

export class Disturbances {
  readonly #windows = new Map<string, Window>();
  readonly #recoveryNs: number;
  readonly #isEngine: (name: string) => boolean;

  constructor(bounds: Bounds, isEngine: (name: string) => boolean) {
    this.#recoveryNs = bounds.recoveryNs;
    this.#isEngine = isEngine;
  }

  note(fault: FaultRecord): void {
    const window = this.#windows.get(fault.id);
    if (window === undefined) {
      const open = fault.event !== "recovered";
      this.#windows.set(fault.id, { engines: this.#targets(fault.targets), open, end: fault.at });
      return;
    }
    window.open = fault.event !== "recovered";
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
      if ((window.engines === null || window.engines.has(engine)) && this.#meets(window, from)) return false;
    }
    return true;
  }

  /** Every fault that could touch `engine` had recovered by `moment`. */
  recoveredBy(engine: string, moment: number): boolean {
    for (const window of this.#windows.values()) {
      if ((window.engines === null || window.engines.has(engine)) && (window.open || window.end >= moment))
        return false;
    }
    return true;
  }

  /** A fault is in force. */
  get active(): boolean {
    for (const window of this.#windows.values()) if (window.open) return true;
    return false;
  }

  #meets(window: Window, from: number): boolean {
    return window.open || window.end + this.#recoveryNs >= from;
  }

  #targets(targets: readonly string[]): ReadonlySet<string> | null {
    const names = targets.map((t) => (t.startsWith(ENGINE_PREFIX) ? t.slice(ENGINE_PREFIX.length) : t));
    return names.length > 0 && names.every(this.#isEngine) ? new Set(names) : null;
  }
}
