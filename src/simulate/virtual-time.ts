/** Time that jumps from one planned moment to the next: a whole run in one thread, the same for the same seed. */
import type { Clock } from "../base/clock.js";
import { NS_PER_MS } from "../base/clock.js";
import { InternalError } from "../base/errors.js";

interface Planned {
  readonly at: number;
  /** Plans of the same moment run in the order in which they were made. */
  readonly order: number;
  readonly work: () => void;
}

/** A simulation that does not end is a defect. */
const MAX_PLANS = 10_000_000;

export class VirtualTime implements Clock {
  #now: number;
  #plans = 0;
  readonly #heap: Planned[] = [];

  constructor(startNs: number) {
    this.#now = startNs;
  }

  nowNs(): number {
    return this.#now;
  }

  wallSeconds(): number {
    return 1_700_000_000 + this.#now / 1e9;
  }

  /** Runs `work` at `at`, or now if that is past. */
  at(at: number, work: () => void): void {
    if (++this.#plans > MAX_PLANS) throw new InternalError(`more than ${MAX_PLANS} plans: the simulation does not end`);
    this.#push({ at: Math.max(at, this.#now), order: this.#plans, work });
  }

  afterMs(ms: number, work: () => void): void {
    this.at(this.#now + Math.round(ms * NS_PER_MS), work);
  }

  /** Runs everything planned up to `endNs`; what is planned later is left undone. */
  runUntil(endNs: number): void {
    for (let next = this.#heap[0]; next !== undefined && next.at <= endNs; next = this.#heap[0]) {
      this.#pop();
      this.#now = next.at;
      next.work();
    }
    this.#now = endNs;
  }

  #push(planned: Planned): void {
    const heap = this.#heap;
    let at = heap.push(planned) - 1;
    for (let parent = (at - 1) >> 1; at > 0 && before(planned, heap[parent] as Planned); parent = (at - 1) >> 1) {
      heap[at] = heap[parent] as Planned;
      at = parent;
    }
    heap[at] = planned;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Planned;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child + 1 < heap.length && before(heap[child + 1] as Planned, heap[child] as Planned)) child++;
      if (child >= heap.length || !before(heap[child] as Planned, last)) break;
      heap[at] = heap[child] as Planned;
      at = child;
    }
    heap[at] = last;
  }
}

function before(a: Planned, b: Planned): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
