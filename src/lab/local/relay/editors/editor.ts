/**
 * Changes the messages of one direction of one connection. A pure state machine: time comes in, pieces go out. What it keeps
 * back it gives up in `flush`, when its disturbance ends; only what is meant to be lost is lost.
 */
import type { Batch, Piece } from "../piece.js";

export type Emit = (piece: Piece) => void;

export interface Editor {
  /** Bytes kept back. */
  readonly heldBytes: number;
  /** When it wants to be asked again; infinity = with the next piece. */
  readonly nextMs: number;
  edit(piece: Piece, nowMs: number, emit: Emit): void;
  /** Gives out what is due. */
  release(nowMs: number, emit: Emit): void;
  flush(nowMs: number, emit: Emit): void;
}

/** Where an editor works, and whom it tells what it did. */
export interface EditorSite {
  readonly rank: number;
  readonly seed: number;
  /** A batch, END or greeting was looked at, and changed or not. */
  saw(edited: boolean): void;
  /** Bytes are lost for good. */
  lost(bytes: number): void;
  /** Something was kept back for that long. */
  kept(ms: number): void;
}

/** Changes batches one by one and keeps nothing. */
export abstract class BatchEditor implements Editor {
  readonly heldBytes = 0;
  readonly nextMs = Number.POSITIVE_INFINITY;
  protected readonly site: EditorSite;

  constructor(site: EditorSite) {
    this.site = site;
  }

  edit(piece: Piece, _nowMs: number, emit: Emit): void {
    if (piece.kind === "batch") this.batch(piece, emit);
    else emit(piece);
  }
  release(): void {}
  flush(): void {}

  protected abstract batch(batch: Batch, emit: Emit): void;
}
