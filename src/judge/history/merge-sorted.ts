/** Merges time-sorted sources into one, streaming: a k-way merge over a heap, holding one chunk per source. */
import { invariant } from "../../base/errors.js";

export interface Timed {
  readonly at: number;
}

/** Something that delivers items in order of `at`, many at a time. */
export type SortedSource<T extends Timed> = AsyncIterable<readonly T[]>;

const CHUNK = 1024;

class Cursor<T extends Timed> {
  readonly rank: number;
  readonly #chunks: AsyncIterator<readonly T[]>;
  #chunk: readonly T[] = [];
  #at = 0;

  constructor(source: SortedSource<T>, rank: number) {
    this.rank = rank;
    this.#chunks = source[Symbol.asyncIterator]();
  }

  /** Only after {@link advance} said true. */
  get item(): T {
    return this.#chunk[this.#at] as T;
  }

  /** The next item of the present chunk, without waiting; false = a new chunk is needed. */
  step(): boolean {
    return ++this.#at < this.#chunk.length;
  }

  async refill(): Promise<boolean> {
    for (;;) {
      const next = await this.#chunks.next();
      if (next.done === true) return false;
      if (next.value.length === 0) continue;
      this.#chunk = next.value;
      this.#at = 0;
      return true;
    }
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}

/** Items of all sources in order of `at`; equal times in order of the sources. */
export async function* mergeSorted<T extends Timed>(sources: readonly SortedSource<T>[]): AsyncGenerator<T[]> {
  const cursors = sources.map((source, rank) => new Cursor(source, rank));
  const heap: Cursor<T>[] = [];
  try {
    for (const cursor of cursors) if (await cursor.refill()) push(heap, cursor);
    let merged: T[] = [];
    while (heap.length > 0) {
      const cursor = heap[0] as Cursor<T>;
      merged.push(cursor.item);
      if (merged.length === CHUNK) {
        yield merged;
        merged = [];
      }
      if (cursor.step() || (await cursor.refill())) sink(heap, 0);
      else removeTop(heap);
    }
    if (merged.length > 0) yield merged;
  } finally {
    for (const cursor of cursors) await cursor.close();
  }
}

/**
 * Sorts a source that is out of order by less than `window` items: a recorder notes facts when it learns of them, which may be
 * a moment after another task noted a later one.
 */
export async function* smooth<T extends Timed>(
  source: AsyncIterable<readonly T[]>,
  window = CHUNK,
): AsyncGenerator<T[]> {
  let held: T[] = [];
  for await (const chunk of source) {
    held.push(...chunk);
    if (held.length < 2 * window) continue;
    held.sort(byTime);
    yield held.slice(0, held.length - window);
    held = held.slice(held.length - window);
  }
  if (held.length > 0) yield held.sort(byTime);
}

function byTime(a: Timed, b: Timed): number {
  return a.at - b.at;
}

function before<T extends Timed>(a: Cursor<T>, b: Cursor<T>): boolean {
  return a.item.at < b.item.at || (a.item.at === b.item.at && a.rank < b.rank);
}

function push<T extends Timed>(heap: Cursor<T>[], cursor: Cursor<T>): void {
  let at = heap.push(cursor) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!before(cursor, heap[parent] as Cursor<T>)) break;
    heap[at] = heap[parent] as Cursor<T>;
    at = parent;
  }
  heap[at] = cursor;
}

function sink<T extends Timed>(heap: Cursor<T>[], from: number): void {
  const cursor = heap[from] as Cursor<T>;
  let at = from;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && before(heap[child + 1] as Cursor<T>, heap[child] as Cursor<T>)) child++;
    if (!before(heap[child] as Cursor<T>, cursor)) break;
    heap[at] = heap[child] as Cursor<T>;
    at = child;
  }
  heap[at] = cursor;
}

function removeTop<T extends Timed>(heap: Cursor<T>[]): void {
  const last = heap.pop();
  invariant(last !== undefined, "an empty heap has no top");
  if (heap.length === 0) return;
  heap[0] = last;
  sink(heap, 0);
}
