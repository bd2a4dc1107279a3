/**
 * Callers who wait for a decision (`POST /route` with `until`): each is looked at again when events have been applied, and let go
 * when its decision has come, its time is up, or it has left.
 */
import { KvproofError } from "../base/errors.js";

/** Callers at once: each costs a decision per slice of applied events. */
const MAX_WAITING = 64;

export class AwaitedDecisions {
  readonly #looks = new Set<() => void>();

  /** Events have been applied: decisions may have changed. */
  applied(): void {
    for (const look of this.#looks) look();
  }

  /**
   * Resolves as soon as `decided` says yes, at the latest after `waitMs`, or when `gone` is raised.
   * @throws KvproofError KVP_E_LIMIT when too many wait already.
   */
  until(decided: () => boolean, waitMs: number, gone: AbortSignal): Promise<void> {
    if (decided() || gone.aborted) return Promise.resolve();
    if (this.#looks.size >= MAX_WAITING)
      throw new KvproofError("KVP_E_LIMIT", `${MAX_WAITING} callers wait for decisions already`);
    return new Promise((resolve) => {
      const end = (): void => {
        this.#looks.delete(look);
        clearTimeout(timer);
        gone.removeEventListener("abort", end);
        resolve();
      };
      const look = (): void => {
        if (decided()) end();
      };
      const timer = setTimeout(end, waitMs);
      gone.addEventListener("abort", end);
      this.#looks.add(look);
    });
  }
}
