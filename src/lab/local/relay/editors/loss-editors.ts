/** Batches that do not arrive, arrive twice, or arrive broken: decided for each by its number. */
import { FLAG_LONG } from "../../../../protocol/zmtp/frame.js";
import type { FrameDamage } from "../../../links.js";
import { type Batch, bodyOf, joined, type Piece } from "../piece.js";
import { chosen, fraction } from "../seeded-choice.js";
import { BatchEditor, type EditorSite, type Emit } from "./editor.js";

abstract class ChanceEditor extends BatchEditor {
  readonly #probability: number;

  constructor(site: EditorSite, probability: number) {
    super(site);
    this.#probability = probability;
  }

  protected override batch(batch: Batch, emit: Emit): void {
    const hit = chosen(this.#probability, this.site.seed, this.site.rank, batch.seq);
    this.site.saw(hit);
    if (hit) this.hit(batch, emit);
    else emit(batch);
  }

  protected abstract hit(batch: Batch, emit: Emit): void;
}

export class Drop extends ChanceEditor {
  protected override hit(batch: Batch): void {
    this.site.lost(batch.bytes.length);
  }
}

export class Duplicate extends ChanceEditor {
  protected override hit(batch: Batch, emit: Emit): void {
    emit(batch);
    emit(batch);
  }
}

/** c1 is the one byte that MessagePack never uses. */
const NO_MESSAGEPACK = 0xc1;

/**
 * The payload cannot be decoded any more: its first byte is one that MessagePack does not have, or its end is overwritten with
 * them. A change that still decodes would be noticed by no consumer, because the format has no checksum.
 */
export class CorruptPayload extends ChanceEditor {
  protected override hit(batch: Batch, emit: Emit): void {
    const bytes = Uint8Array.from(batch.bytes);
    const last = batch.frames.at(-1);
    const payloadBytes = last === undefined ? 0 : bodyOf(last).length;
    const payload = bytes.subarray(bytes.length - payloadBytes);
    if (fraction(this.site.seed + 1, this.site.rank, batch.seq) < 0.5) payload.fill(NO_MESSAGEPACK, 0, 1);
    else payload.fill(NO_MESSAGEPACK, Math.floor(payloadBytes / 2));
    emit({ kind: "raw", bytes });
  }
}

/** libzmq passes over reserved flags; a frame of the other size class it cannot. */
const RESERVED_FLAGS = 0xf8;
const LENGTH_AT = 1;
const LONGER_BY = 3;

/** Breaks the frames around a batch, so that the receiver loses its place in the stream or must refuse it. */
export class CorruptFrame extends ChanceEditor {
  readonly #damage: Exclude<FrameDamage, "greeting">;

  constructor(site: EditorSite, probability: number, damage: Exclude<FrameDamage, "greeting">) {
    super(site, probability);
    this.#damage = damage;
  }

  protected override hit(batch: Batch, emit: Emit): void {
    emit({ kind: "raw", bytes: this.#damaged(batch) });
  }

  #damaged(batch: Batch): Uint8Array {
    if (this.#damage === "multipart-cut") return joined(batch.frames.slice(0, -1).map(({ bytes }) => bytes));
    const bytes = Uint8Array.from(batch.bytes);
    if (this.#damage === "flags") bytes[0] = ((bytes[0] as number) ^ FLAG_LONG) | RESERVED_FLAGS;
    else lengthen(bytes, batch);
    return bytes;
  }
}

/** The payload frame claims to be longer than it is. */
function lengthen(bytes: Uint8Array, { frames }: Batch): void {
  const last = frames.at(-1);
  if (last === undefined) return;
  const lengthEnd = bytes.length - last.bytes.length + last.headBytes - LENGTH_AT;
  const length = (bytes[lengthEnd] as number) + LONGER_BY;
  // A carry would only make it longer still; a short frame's length has no room for one.
  bytes[lengthEnd] = last.headBytes > 2 ? length & 0xff : Math.min(0xff, length);
  if (length > 0xff && last.headBytes > 2) bytes[lengthEnd - 1] = ((bytes[lengthEnd - 1] as number) + 1) & 0xff;
}

/** Greetings begin with ff; this is how an HTTP server might begin. */
const NO_SIGNATURE = 0x48;

/** A greeting that is none: connections made under it fail at once. */
export class CorruptGreeting extends BatchEditor {
  #done = false;

  override edit(piece: Piece, _nowMs: number, emit: Emit): void {
    if (piece.kind !== "greeting" || this.#done) {
      emit(piece);
      return;
    }
    this.#done = true;
    this.site.saw(true);
    const bytes = Uint8Array.from(piece.bytes);
    bytes[0] = NO_SIGNATURE;
    emit({ kind: "raw", bytes });
  }

  protected override batch(batch: Batch, emit: Emit): void {
    emit(batch);
  }
}
