/** POST /lab/memory: the engine holds memory for nothing, so that a limit can be reached on purpose. */
import { delay } from "../../../base/async.js";
import { labBody, labNumber } from "./lab-fields.js";

export const memoryFields = ["megabytes"];

const MAX_MEGABYTES = 4096;
const CHUNK_BYTES = 1024 * 1024;
/** Between two chunks of this many the engine serves what else there is. */
const CHUNKS_PER_TURN = 8;

export class Ballast {
  readonly #chunks: Buffer[] = [];
  #wanted = 0;

  /** Resolves once so much is held, every page of it touched; 0 lets go. A later call replaces an earlier one. */
  async control(value: unknown): Promise<{ memory_megabytes: number }> {
    const wanted = labNumber(labBody(value, memoryFields), "megabytes", { low: 0, high: MAX_MEGABYTES });
    this.#wanted = wanted;
    this.#chunks.length = Math.min(this.#chunks.length, wanted);
    while (this.#chunks.length < wanted && this.#wanted === wanted) {
      this.#chunks.push(Buffer.alloc(CHUNK_BYTES, 1));
      if (this.#chunks.length % CHUNKS_PER_TURN === 0) await delay(0);
    }
    return this.report();
  }

  report(): { memory_megabytes: number } {
    return { memory_megabytes: this.#chunks.length };
  }
}
