/**
 * Known strings, recognised in the bytes without building a string: a guess (the key that came next last time) is compared
 * word by word, so events in declaration order cost a few integer comparisons per key.
 */
import type { MsgpackCursor } from "./msgpack-cursor.js";

const MIN_LENGTH = 4;
const MAX_LENGTH = 31;

export const UNKNOWN = -1;

export class KeyTable {
  private readonly lengths: Uint8Array;
  private readonly firstWord: Uint16Array;
  private readonly words: Uint32Array;

  /** @param names ASCII, 4 to 31 bytes each, so that each fits a fixstr and has at least one whole word. */
  constructor(readonly names: readonly string[]) {
    const words: number[] = [];
    this.lengths = Uint8Array.from(names, (name) => name.length);
    this.firstWord = new Uint16Array(names.length);
    names.forEach((name, index) => {
      if (name.length < MIN_LENGTH || name.length > MAX_LENGTH)
        throw new RangeError(`${name} has an unsuitable length`);
      this.firstWord[index] = words.length;
      const bytes = Buffer.from(name, "latin1");
      // The last word overlaps the one before it when the length is no multiple of 4.
      for (let at = 0; at < name.length; at += 4) words.push(bytes.readUInt32BE(Math.min(at, name.length - 4)));
    });
    this.words = Uint32Array.from(words);
  }

  /**
   * Index of the string at the cursor, which moves past it; UNKNOWN for another string or another type (a value of any
   * type is passed). `guess` is tried first.
   */
  read(cursor: MsgpackCursor, guess: number, maxDepth: number): number {
    if (guess < this.lengths.length && this.tryFixed(cursor, guess)) return guess;
    if (!cursor.atText()) {
      cursor.skip(maxDepth);
      return UNKNOWN;
    }
    cursor.readText();
    const { textLength } = cursor;
    for (let index = 0; index < this.lengths.length; index++) {
      if (this.lengths[index] === textLength && this.matches(cursor, index, cursor.textStart)) return index;
    }
    return UNKNOWN;
  }

  private tryFixed(cursor: MsgpackCursor, index: number): boolean {
    const { pos } = cursor;
    const length = this.lengths[index] as number;
    if (pos + 1 + length > cursor.end || cursor.bytes[pos] !== (0xa0 | length)) return false;
    if (!this.matches(cursor, index, pos + 1)) return false;
    cursor.pos = pos + 1 + length;
    return true;
  }

  private matches(cursor: MsgpackCursor, index: number, start: number): boolean {
    const { view } = cursor;
    const last = start + (this.lengths[index] as number) - 4;
    let word = this.firstWord[index] as number;
    for (let at = start; at < last; at += 4) if (view.getUint32(at) !== this.words[word++]) return false;
    return view.getUint32(last) === this.words[word];
  }
}
