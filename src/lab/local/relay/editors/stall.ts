/** The stream stops in the middle of a message, and the connection stays up. */
import type { Piece } from "../piece.js";
import type { Editor, EditorSite, Emit } from "./editor.js";
import { HeldPieces } from "./held-pieces.js";

export class Stall implements Editor {
  readonly nextMs = Number.POSITIVE_INFINITY;
  readonly #site: EditorSite;
  readonly #held: HeldPieces;

  constructor(site: EditorSite) {
    this.#site = site;
    this.#held = new HeldPieces(site);
  }

  get heldBytes(): number {
    return this.#held.bytes;
  }

  edit(piece: Piece, nowMs: number, emit: Emit): void {
    if (piece.kind === "batch") this.#site.saw(true);
    if (this.#held.count > 0) this.#held.keep(piece, nowMs);
    else if (piece.kind === "batch") {
      const half = Math.ceil(piece.bytes.length / 2);
      emit({ kind: "raw", bytes: piece.bytes.subarray(0, half) });
      this.#held.keep({ kind: "raw", bytes: piece.bytes.subarray(half) }, nowMs);
    } else emit(piece);
  }

  release(): void {}
  flush(nowMs: number, emit: Emit): void {
    this.#held.flush(nowMs, emit);
  }
}
