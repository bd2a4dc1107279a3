/**
 * `extra_keys` of vLLM: one entry per block, holding what separates blocks of equal tokens. On the wire adapter and salt
 * are both bare strings: the adapter is the first one that equals `lora_name`, on every block; the salt stands on block 0
 * of a sequence only, after multimodal ids. All else (ids, `[id, offset]`, embeddings) taints the block.
 */
import type { StoredView } from "./kv-event-sink.js";
import { grown, type EventCursor } from "./event-cursor.js";

const NIL = 0xc0;
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

export class ExtraKeysReader {
  /** Where the adapter's name lies in the bytes; length -1 = no adapter. */
  private adapterStart = 0;
  private adapterLength = -1;
  private saltStart = 0;
  private saltLength = -1;
  private digest = FNV_OFFSET;

  constructor(private readonly cursor: EventCursor) {}

  /**
   * Reads the field into `view.salt` (when null so far), `view.tainted` and `view.blockTaint`.
   * @param adapterStart place of the adapter's name in the same bytes; length -1 = none
   */
  read(view: StoredView, adapterStart: number, adapterLength: number): void {
    const { cursor } = this;
    if (cursor.tryNil()) return;
    this.adapterStart = adapterStart;
    this.adapterLength = adapterLength;
    this.saltLength = -1;
    const count = cursor.readArray();
    cursor.checkLimit("maxBlocksPerEvent", count);
    for (let block = 0; block < count; block++) {
      if (cursor.bytes[cursor.pos] === NIL) cursor.pos++;
      else this.readBlock(view, block, count);
    }
    if (this.saltLength < 0 || view.salt !== null) return;
    cursor.checkLimit("maxStringBytes", this.saltLength);
    cursor.textStart = this.saltStart;
    cursor.textLength = this.saltLength;
    view.salt = cursor.textString();
  }

  private readBlock(view: StoredView, block: number, count: number): void {
    const { cursor } = this;
    const mayHoldSalt = block === 0 && !view.hasParent;
    let adapterAhead = this.adapterLength >= 0;
    this.digest = FNV_OFFSET;
    for (let keys = cursor.readArray(); keys > 0; keys--) {
      const start = cursor.pos;
      if (!cursor.atText()) {
        cursor.skipValue();
        this.taint(start, cursor.pos);
        continue;
      }
      cursor.readText();
      if (adapterAhead && this.isAdapter()) adapterAhead = false;
      else if (mayHoldSalt) this.takeSalt();
      else this.taint(cursor.textStart, cursor.pos);
    }
    if (this.digest !== FNV_OFFSET) markTainted(view, block, count, this.digest);
  }

  /** Of several bare strings the last is the salt; those before it are ids of releases that sent them bare. */
  private takeSalt(): void {
    if (this.saltLength >= 0) this.taint(this.saltStart, this.saltStart + this.saltLength);
    this.saltStart = this.cursor.textStart;
    this.saltLength = this.cursor.textLength;
  }

  private isAdapter(): boolean {
    const { bytes, textStart, textLength } = this.cursor;
    if (textLength !== this.adapterLength) return false;
    for (let i = 0; i < textLength; i++) if (bytes[textStart + i] !== bytes[this.adapterStart + i]) return false;
    return true;
  }

  private taint(start: number, end: number): void {
    const { bytes } = this.cursor;
    let digest = Math.imul(this.digest ^ (end - start), FNV_PRIME);
    for (let at = start; at < end; at++) digest = Math.imul(digest ^ (bytes[at] as number), FNV_PRIME);
    this.digest = digest === FNV_OFFSET ? 1 : digest;
  }
}

function markTainted(view: StoredView, block: number, count: number, digest: number): void {
  if (!view.tainted) {
    if (count > view.blockTaint.length) view.blockTaint = grown(view.blockTaint, count);
    // All of it: the event may have more blocks than it has entries here.
    view.blockTaint.fill(0);
    view.tainted = true;
  }
  view.blockTaint[block] = digest === 0 ? 1 : digest;
}
