/** Batches that arrive late, so that later ones overtake them. */
import type { Piece } from "../piece.js";
import { chosen } from "../seeded-choice.js";
import type { Editor, EditorSite, Emit } from "./editor.js";
import { HeldPieces } from "./held-pieces.js";

/** Held back for a time. */
export class Late implements Editor {
  readonly #site: EditorSite;
  readonly #probability: number;
  readonly #byMs: number;
  readonly #held: HeldPieces;

  constructor(site: EditorSite, probability: number, byMs: number) {
    this.#site = site;
    this.#probability = probability;
    this.#byMs = byMs;
    this.#held = new HeldPieces(site);
  }

  get heldBytes(): number {
    return this.#held.bytes;
  }
  get nextMs(): number {
    return this.#held.nextMs;
  }

  edit(piece: Piece, nowMs: number, emit: Emit): void {
    if (piece.kind !== "batch") return emit(piece);
    const hit = chosen(this.#probability, this.#site.seed, this.#site.rank, piece.seq);
    this.#site.saw(hit);
    if (hit) this.#held.keep(piece, nowMs, nowMs + this.#byMs);
    else emit(piece);
  }

  release(nowMs: number, emit: Emit): void {
    this.#held.release(nowMs, emit);
  }
  flush(nowMs: number, emit: Emit): void {
    this.#held.flush(nowMs, emit);
  }
}

/** Held back until a number of later batches has passed. */
export class Reorder implements Editor {
  readonly nextMs = Number.POSITIVE_INFINITY;
  readonly #site: EditorSite;
  readonly #probability: number;
  readonly #distance: number;
  #held: { readonly piece: Piece; readonly sinceMs: number; left: number }[] = [];
  heldBytes = 0;

  constructor(site: EditorSite, probability: number, distance: number) {
    this.#site = site;
    this.#probability = probability;
    this.#distance = distance;
  }

  edit(piece: Piece, nowMs: number, emit: Emit): void {
    if (piece.kind !== "batch") return emit(piece);
    const hit = chosen(this.#probability, this.#site.seed, this.#site.rank, piece.seq);
    this.#site.saw(hit);
    if (hit) {
      this.#held.push({ piece, sinceMs: nowMs, left: this.#distance });
      this.heldBytes += piece.bytes.length;
      return;
    }
    emit(piece);
    for (const held of this.#held) held.left--;
    this.#give(nowMs, emit, ({ left }) => left <= 0);
  }

  release(): void {}
  flush(nowMs: number, emit: Emit): void {
    this.#give(nowMs, emit, () => true);
  }

  #give(nowMs: number, emit: Emit, isDue: (held: { readonly left: number }) => boolean): void {
    const due = this.#held.filter(isDue);
    this.#held = this.#held.filter((held) => !isDue(held));
    for (const { piece, sinceMs } of due) {
      this.heldBytes -= piece.bytes.length;
      this.#site.kept(nowMs - sinceMs);
      emit(piece);
    }
  }
}
