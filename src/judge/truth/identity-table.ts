/**
 * Block identities (32 hex digits) as small integers, in order of first mention. All 128 bits are kept and compared, so
 * that no verdict rests on the absence of collisions. About 26 bytes per identity.
 */
import type { BlockIdentity } from "../../base/block-identity.js";
import { KvproofError } from "../../base/errors.js";
import { enlarged } from "./int-table.js";

const IDENTITY_HEX = 32;
const WORDS = 4;
const FIRST_SLOTS = 1024;
const MAX_LOAD = 0.6;

const hexValue = new Int8Array(128).fill(-1);
for (let digit = 0; digit < 16; digit++) hexValue[digit.toString(16).charCodeAt(0)] = digit;

export class IdentityTable {
  #slots = new Int32Array(FIRST_SLOTS).fill(-1);
  #words = new Uint32Array(FIRST_SLOTS * WORDS);
  #size = 0;
  readonly #parsed = new Uint32Array(WORDS);

  get size(): number {
    return this.#size;
  }

  /** Throws KVP_E_HISTORY_INVALID unless `identity` is 32 lower-case hex digits. */
  intern(identity: BlockIdentity): number {
    this.#parse(identity);
    const parsed = this.#parsed;
    const mask = this.#slots.length - 1;
    let slot = (parsed[0] as number) & mask;
    for (let id = this.#slots[slot] as number; id >= 0; id = this.#slots[slot] as number) {
      if (this.#equals(id)) return id;
      slot = (slot + 1) & mask;
    }
    if ((this.#size + 1) * WORDS > this.#words.length) this.#words = enlarged(this.#words);
    this.#words.set(parsed, this.#size * WORDS);
    this.#slots[slot] = this.#size;
    const id = this.#size++;
    if (this.#size > this.#slots.length * MAX_LOAD) this.#grow();
    return id;
  }

  /** The identity as recorded, for proofs. */
  hexOf(id: number): BlockIdentity {
    let hex = "";
    for (let w = 0; w < WORDS; w++) hex += (this.#words[id * WORDS + w] as number).toString(16).padStart(8, "0");
    return hex;
  }

  #equals(id: number): boolean {
    const words = this.#words;
    const parsed = this.#parsed;
    const at = id * WORDS;
    return (
      words[at] === parsed[0] &&
      words[at + 1] === parsed[1] &&
      words[at + 2] === parsed[2] &&
      words[at + 3] === parsed[3]
    );
  }

  #parse(identity: string): void {
    if (identity.length !== IDENTITY_HEX) throw badIdentity(identity);
    for (let w = 0; w < WORDS; w++) {
      let word = 0;
      for (let i = w * 8; i < w * 8 + 8; i++) {
        const digit = hexValue[identity.charCodeAt(i)] ?? -1;
        if (digit < 0) throw badIdentity(identity);
        word = (word << 4) | digit;
      }
      this.#parsed[w] = word;
    }
  }

  #grow(): void {
    const slots = new Int32Array(this.#slots.length * 2).fill(-1);
    const mask = slots.length - 1;
    for (let id = 0; id < this.#size; id++) {
      let slot = (this.#words[id * WORDS] as number) & mask;
      while ((slots[slot] as number) >= 0) slot = (slot + 1) & mask;
      slots[slot] = id;
    }
    this.#slots = slots;
  }
}

function badIdentity(identity: string): KvproofError {
  return new KvproofError(
    "KVP_E_HISTORY_INVALID",
    `a block identity must be 32 lower-case hex digits, not "${identity}"`,
  );
}
