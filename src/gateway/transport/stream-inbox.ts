/**
 * Everything that happened to one stream, in order of arrival, until its turn in the ingest rota comes: batches, replay answers,
 * connections made and lost. One queue, so that nothing of an old connection can be seen after the new one. Its size is
 * bounded by its owner, who stops reading the sockets above a limit; it grows by what one read may still bring.
 */
export const ItemKind = {
  live: 0,
  replayed: 1,
  malformed: 2,
  connected: 3,
  disconnected: 4,
  replayEnded: 5,
  replayFailed: 6,
} as const;
export type ItemKind = (typeof ItemKind)[keyof typeof ItemKind];

const NO_BYTES = new Uint8Array(0);

export class StreamInbox {
  /** Columns of a ring whose size is a power of two. */
  #kinds = new Uint8Array(64);
  /** Connection or replay round. */
  #owners = new Float64Array(64);
  #seqs = new Float64Array(64);
  /** When the batch's last byte was read. */
  #received = new Float64Array(64);
  #payloads: Uint8Array[] = Array.from({ length: 64 }, () => NO_BYTES);
  #texts: string[] = Array.from({ length: 64 }, () => "");
  #head = 0;
  #count = 0;
  #bytes = 0;

  /** The item that `take` has taken out. */
  kind: ItemKind = ItemKind.live;
  owner = 0;
  seq = 0;
  receivedNs = 0;
  payload: Uint8Array = NO_BYTES;
  text = "";

  get count(): number {
    return this.#count;
  }
  /** Bytes of waiting payloads. */
  get bytes(): number {
    return this.#bytes;
  }

  putBatch(
    kind: typeof ItemKind.live | typeof ItemKind.replayed,
    owner: number,
    seq: number,
    payload: Uint8Array,
    receivedNs = 0,
  ): void {
    const at = this.#slot(kind, owner);
    this.#seqs[at] = seq;
    this.#received[at] = receivedNs;
    this.#payloads[at] = payload;
    this.#bytes += payload.length;
  }

  putNews(kind: ItemKind, owner: number, text = ""): void {
    const at = this.#slot(kind, owner);
    this.#texts[at] = text;
  }

  /** Moves the oldest item into the fields above; false = none. */
  take(): boolean {
    if (this.#count === 0) return false;
    const at = this.#head;
    this.kind = this.#kinds[at] as ItemKind;
    this.owner = this.#owners[at] as number;
    this.seq = this.#seqs[at] as number;
    this.receivedNs = this.#received[at] as number;
    this.payload = this.#payloads[at] as Uint8Array;
    this.text = this.#texts[at] as string;
    this.#bytes -= this.payload.length;
    // Let go of the bytes: a slot may stay unused for hours.
    this.#payloads[at] = NO_BYTES;
    this.#texts[at] = "";
    this.#head = (at + 1) & (this.#kinds.length - 1);
    this.#count--;
    return true;
  }

  #slot(kind: ItemKind, owner: number): number {
    if (this.#count === this.#kinds.length) this.#grow();
    const at = (this.#head + this.#count) & (this.#kinds.length - 1);
    this.#count++;
    this.#kinds[at] = kind;
    this.#owners[at] = owner;
    return at;
  }

  #grow(): void {
    const size = this.#kinds.length;
    const order = Array.from({ length: size }, (_, i) => (this.#head + i) & (size - 1));
    const kinds = new Uint8Array(size * 2);
    const owners = new Float64Array(size * 2);
    const seqs = new Float64Array(size * 2);
    const received = new Float64Array(size * 2);
    kinds.set(order.map((at) => this.#kinds[at] as number));
    owners.set(order.map((at) => this.#owners[at] as number));
    seqs.set(order.map((at) => this.#seqs[at] as number));
    received.set(order.map((at) => this.#received[at] as number));
    const spare = { length: size };
    this.#payloads = [...order.map((at) => this.#payloads[at] as Uint8Array), ...Array.from(spare, () => NO_BYTES)];
    this.#texts = [...order.map((at) => this.#texts[at] as string), ...Array.from(spare, () => "")];
    this.#kinds = kinds;
    this.#owners = owners;
    this.#seqs = seqs;
    this.#received = received;
    this.#head = 0;
  }
}
