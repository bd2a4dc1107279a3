/**
 * Memory that a socket reads into, one read after the other. Node's streams reserve 64 KiB for every read and shrink it to what
 * came, before a Readable passes it on; where each of 100 engines sends small batches, reading so took a fifth of the gateway's CPU.
 *
 * What was read is never overwritten: batches wait in queues as views of it.
 */
const SLAB_BYTES = 64 << 10;
/** A read that finds less room begins another slab: a small one would cut a burst into many reads. */
const LEAST_ROOM_BYTES = 16 << 10;

export class ReadSlab {
  #slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
  #used = 0;

  /** Where the next read goes. */
  room(): Buffer {
    if (SLAB_BYTES - this.#used < LEAST_ROOM_BYTES) {
      this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
      this.#used = 0;
    }
    return this.#slab.subarray(this.#used);
  }

  /** What the read into the last `room` brought. */
  take(bytes: number): Buffer {
    const from = this.#used;
    this.#used += bytes;
    return this.#slab.subarray(from, this.#used);
  }
}
