/** Pieces that an editor keeps back, with when each goes on. */
import type { Piece } from "../piece.js";
import type { EditorSite, Emit } from "./editor.js";

interface Held {
  readonly piece: Piece;
  readonly sinceMs: number;
  readonly dueMs: number;
}

export class HeldPieces {
  readonly #site: EditorSite;
  #held: Held[] = [];
  bytes = 0;

  constructor(site: EditorSite) {
    this.#site = site;
  }

  get count(): number {
    return this.#held.length;
  }
  get nextMs(): number {
    return this.#held.reduce((next, { dueMs }) => Math.min(next, dueMs), Number.POSITIVE_INFINITY);
  }

  keep(piece: Piece, sinceMs: number, dueMs = Number.POSITIVE_INFINITY): void {
    this.#held.push({ piece, sinceMs, dueMs });
    this.bytes += piece.bytes.length;
  }

  /** Gives out what is due, in the order of its time, and for equal times as it was kept. */
  release(nowMs: number, emit: Emit): void {
    const due = this.#held.filter(({ dueMs }) => dueMs <= nowMs).sort((a, b) => a.dueMs - b.dueMs);
    if (due.length === 0) return;
    this.#held = this.#held.filter(({ dueMs }) => dueMs > nowMs);
    for (const { piece, sinceMs } of due) {
      this.bytes -= piece.bytes.length;
      this.#site.kept(nowMs - sinceMs);
      emit(piece);
    }
  }

  /** Gives out everything, as it was kept. */
  flush(nowMs: number, emit: Emit): void {
    const all = this.#held;
    this.#held = [];
    this.bytes = 0;
    for (const { piece, sinceMs } of all) {
      this.#site.kept(nowMs - sinceMs);
      emit(piece);
    }
  }
}
