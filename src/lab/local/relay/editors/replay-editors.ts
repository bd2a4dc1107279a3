/** Replies to a replay request that do not come, do not end, come too slowly or in the wrong order. */
import type { Piece } from "../piece.js";
import { fraction } from "../seeded-choice.js";
import type { Editor, EditorSite, Emit } from "./editor.js";
import { HeldPieces } from "./held-pieces.js";

abstract class ReplyEditor implements Editor {
  protected readonly site: EditorSite;

  constructor(site: EditorSite) {
    this.site = site;
  }
  get heldBytes(): number {
    return 0;
  }
  get nextMs(): number {
    return Number.POSITIVE_INFINITY;
  }
  edit(piece: Piece, nowMs: number, emit: Emit): void {
    if (piece.kind === "batch" || piece.kind === "end") this.reply(piece, nowMs, emit);
    else emit(piece);
  }
  release(_nowMs: number, _emit: Emit): void {}
  flush(_nowMs: number, _emit: Emit): void {}

  protected abstract reply(piece: Piece, nowMs: number, emit: Emit): void;

  protected lose(piece: Piece): void {
    this.site.saw(true);
    this.site.lost(piece.bytes.length);
  }
  protected pass(piece: Piece, emit: Emit): void {
    this.site.saw(false);
    emit(piece);
  }
}

/** The first batches and END; what lies between is missing. */
export class ReplayTruncated extends ReplyEditor {
  readonly #keep: number;
  #passed = 0;

  constructor(site: EditorSite, keep: number) {
    super(site);
    this.#keep = keep;
  }

  protected override reply(piece: Piece, _nowMs: number, emit: Emit): void {
    if (piece.kind === "batch" && this.#passed++ >= this.#keep) return this.lose(piece);
    if (piece.kind === "end") this.#passed = 0;
    this.pass(piece, emit);
  }
}

export class ReplaySilent extends ReplyEditor {
  protected override reply(piece: Piece): void {
    this.lose(piece);
  }
}

export class ReplayWithoutEnd extends ReplyEditor {
  protected override reply(piece: Piece, _nowMs: number, emit: Emit): void {
    if (piece.kind === "end") this.lose(piece);
    else this.pass(piece, emit);
  }
}

abstract class LateReplies extends ReplyEditor {
  protected readonly held: HeldPieces;

  constructor(site: EditorSite) {
    super(site);
    this.held = new HeldPieces(site);
  }
  override get heldBytes(): number {
    return this.held.bytes;
  }
  override get nextMs(): number {
    return this.held.nextMs;
  }
  override release(nowMs: number, emit: Emit): void {
    this.held.release(nowMs, emit);
  }
  override flush(nowMs: number, emit: Emit): void {
    this.held.flush(nowMs, emit);
  }
}

/** One reply after the other, with a pause between them. */
export class ReplaySlow extends LateReplies {
  readonly #everyMs: number;
  #freeMs = 0;

  constructor(site: EditorSite, everyMs: number) {
    super(site);
    this.#everyMs = everyMs;
  }

  protected override reply(piece: Piece, nowMs: number): void {
    this.site.saw(true);
    this.#freeMs = Math.max(this.#freeMs, nowMs) + this.#everyMs;
    this.held.keep(piece, nowMs, this.#freeMs);
  }
}

/** All late, so that live batches overtake them, and in another order; END last. */
export class ReplayReordered extends LateReplies {
  readonly #byMs: number;
  #lastMs = 0;

  constructor(site: EditorSite, byMs: number) {
    super(site);
    this.#byMs = byMs;
  }

  protected override reply(piece: Piece, nowMs: number): void {
    this.site.saw(true);
    const spreadMs =
      piece.kind === "batch" ? this.#byMs * fraction(this.site.seed, this.site.rank, piece.seq) : this.#byMs;
    const dueMs =
      piece.kind === "batch" ? nowMs + this.#byMs + spreadMs : Math.max(nowMs + 2 * this.#byMs, this.#lastMs);
    this.#lastMs = Math.max(this.#lastMs, dueMs);
    this.held.keep(piece, nowMs, dueMs);
  }
}
