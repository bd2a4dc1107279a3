/**
 * Where rows of neighbours begin. A chain lies in pieces: what one event stored is in one row, the next event's blocks are elsewhere.
 * Inside a row the next node is the neighbour; from row to row a match has to look up a key, and a look-up waits for two
 * cache lines, one after the other, that nothing has read before. This table names the first node of each row by its key, in
 * so few bytes that the second-level cache keeps it: one wait less per row, a fifth of a match of 625 blocks (npm run bench:core).
 *
 * It only guesses: entries displace each other and may be stale, so a guess is believed after a look at the node itself.
 */

const MIN_ENTRIES = 64;
/** Slots of the node table per entry, as a shift: rows of a dozen nodes and more, at a load below 0.7. */
const SLOTS_PER_ENTRY_SHIFT = 3;
/** As node-table.ts: ids have at most 24 bits, so 8 bits of the key are left. */
const ID_BITS = 24;
const ID_MASK = 2 ** ID_BITS - 1;

export class RunStarts {
  /** 8 bits of the key << 24 | id; 0 = empty. */
  #entries = new Int32Array(MIN_ENTRIES);
  #mask = MIN_ENTRIES - 1;

  get bytes(): number {
    return this.#entries.byteLength;
  }
  note(low: number, high: number, id: number): void {
    this.#entries[low & this.#mask] = ((high >>> ID_BITS) << ID_BITS) | id;
  }
  /** A node that may have this key; 0 = none is known. */
  guess(low: number, high: number): number {
    const entry = this.#entries[low & this.#mask] as number;
    return entry >>> ID_BITS === high >>> ID_BITS ? entry & ID_MASK : 0;
  }
  /** The node table has this many slots now. Its rows are noted again as they are found. */
  resize(slots: number): void {
    const size = Math.max(MIN_ENTRIES, slots >>> SLOTS_PER_ENTRY_SHIFT);
    this.#entries = new Int32Array(size);
    this.#mask = size - 1;
  }
}
