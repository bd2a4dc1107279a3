/** Quirks that wait for a batch they fit, per publisher. */
import type { KvEvent } from "../../protocol/kv-event.js";
import { quirkKinds, quirks, type QuirkKind } from "./quirks.js";

/** Limit of waiting repetitions per kind. */
export const MAX_ARMED = 1_000_000;

export class QuirkQueue {
  readonly #armed = new Map<QuirkKind, number>();
  readonly #applied = new Map<QuirkKind, number>();

  arm(kind: QuirkKind, count: number): void {
    this.#armed.set(kind, Math.min(MAX_ARMED, this.waiting(kind) + count));
  }

  /** Takes back what still waits. */
  disarm(kind: QuirkKind): void {
    this.#armed.set(kind, 0);
  }

  waiting(kind: QuirkKind): number {
    return this.#armed.get(kind) ?? 0;
  }

  /** At most one quirk per batch: the first that fits, in the order of the list. */
  takeFor(events: readonly KvEvent[]): QuirkKind | null {
    for (const kind of quirkKinds) {
      if (this.waiting(kind) > 0 && quirks[kind].fits(events)) return this.#take(kind);
    }
    return null;
  }

  #take(kind: QuirkKind): QuirkKind {
    this.#armed.set(kind, this.waiting(kind) - 1);
    this.#applied.set(kind, (this.#applied.get(kind) ?? 0) + 1);
    return kind;
  }

  /** Waiting and applied counts of every kind that was ever armed. */
  report(): Record<string, { waiting: number; applied: number }> {
    return Object.fromEntries(
      [...this.#armed].map(([kind, waiting]) => [kind, { waiting, applied: this.#applied.get(kind) ?? 0 }]),
    );
  }
}
