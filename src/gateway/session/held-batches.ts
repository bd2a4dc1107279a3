/** Batches that wait for an earlier one, by sequence number, within limits. */
export class HeldBatches {
  #seqs: number[] = [];
  #payloads: Uint8Array[] = [];
  /** Index of the first one still held: taking from the front moves nothing. */
  #head = 0;
  #bytes = 0;
  readonly #batchesMax: number;
  readonly #bytesMax: number;

  constructor(batchesMax: number, bytesMax: number) {
    this.#batchesMax = batchesMax;
    this.#bytesMax = bytesMax;
  }

  get count(): number {
    return this.#seqs.length - this.#head;
  }
  get bytes(): number {
    return this.#bytes;
  }
  /** Lowest and highest held number; -1 = nothing held. */
  get firstSeq(): number {
    return this.#seqs[this.#head] ?? -1;
  }
  get lastSeq(): number {
    return this.count === 0 ? -1 : (this.#seqs[this.#seqs.length - 1] as number);
  }

  add(seq: number, payload: Uint8Array): "held" | "duplicate" | "full" {
    const at = this.#placeOf(seq);
    if (at < this.#seqs.length && this.#seqs[at] === seq) return "duplicate";
    if (this.count >= this.#batchesMax || this.#bytes + payload.length > this.#bytesMax) return "full";
    if (at === this.#seqs.length) {
      this.#seqs.push(seq);
      this.#payloads.push(payload);
    } else {
      this.#seqs.splice(at, 0, seq);
      this.#payloads.splice(at, 0, payload);
    }
    this.#bytes += payload.length;
    return "held";
  }

  /** Removes and returns the batch with the lowest number. */
  shift(): Uint8Array {
    const payload = this.#payloads[this.#head] as Uint8Array;
    this.#payloads[this.#head] = EMPTY;
    this.#head++;
    this.#bytes -= payload.length;
    if (this.#head === this.#seqs.length) this.clear();
    else if (this.#head >= COMPACT_AT && this.#head * 2 > this.#seqs.length) this.#compact();
    return payload;
  }

  /** Forgets all; returns how many there were. */
  clear(): number {
    const count = this.count;
    this.#seqs = [];
    this.#payloads = [];
    this.#head = 0;
    this.#bytes = 0;
    return count;
  }

  /** First index whose number is >= seq. Batches nearly always arrive in order, so the search begins at the end. */
  #placeOf(seq: number): number {
    const seqs = this.#seqs;
    if (this.count === 0 || (seqs[seqs.length - 1] as number) < seq) return seqs.length;
    let low = this.#head;
    let high = seqs.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((seqs[middle] as number) < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #compact(): void {
    this.#seqs = this.#seqs.slice(this.#head);
    this.#payloads = this.#payloads.slice(this.#head);
    this.#head = 0;
  }
}

const COMPACT_AT = 1024;
const EMPTY = new Uint8Array(0);
