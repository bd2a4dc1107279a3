/**
 * The editors of one direction of one connection, one after the other. Editors come and go while bytes flow; without any, the
 * stream is followed and not cut.
 */
import { MessageSplitter } from "../message-splitter.js";
import type { Piece } from "../piece.js";
import type { Editor } from "./editor.js";

export class EditorChain {
  readonly #splitter: MessageSplitter;
  readonly #editors = new Map<string, Editor>();
  readonly #out: (bytes: Uint8Array) => void;

  /** `out` gets the bytes that go on, in their order. */
  constructor(port: "events" | "replay", out: (bytes: Uint8Array) => void) {
    this.#splitter = new MessageSplitter(port);
    this.#out = out;
  }

  get idle(): boolean {
    return this.#editors.size === 0;
  }
  get heldBytes(): number {
    let bytes = this.#splitter.heldBytes;
    for (const editor of this.#editors.values()) bytes += editor.heldBytes;
    return bytes;
  }
  get nextMs(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { nextMs } of this.#editors.values()) next = Math.min(next, nextMs);
    return next;
  }

  has(id: string): boolean {
    return this.#editors.has(id);
  }
  ids(): readonly string[] {
    return [...this.#editors.keys()];
  }

  add(id: string, editor: Editor): void {
    this.#editors.set(id, editor);
  }

  /** Takes an editor out; what it kept goes on through those behind it. */
  remove(id: string, nowMs: number): void {
    const editor = this.#editors.get(id);
    if (editor === undefined) return;
    const behind = this.#behind(editor);
    this.#editors.delete(id);
    editor.flush(nowMs, (piece) => this.#pass(piece, nowMs, behind));
    if (this.idle) this.#splitter.flush(({ bytes }) => this.#out(bytes));
  }

  /** Bytes that pass through unseen; only while idle. */
  follow(chunk: Uint8Array): void {
    this.#splitter.follow(chunk);
  }

  /** @throws ProtocolError KVP_E_ZMTP_FRAME when a message is too large to look into. */
  push(chunk: Uint8Array, nowMs: number): void {
    const editors = [...this.#editors.values()];
    this.#splitter.split(chunk, (piece) => this.#pass(piece, nowMs, editors));
  }

  release(nowMs: number): void {
    for (const editor of this.#editors.values()) {
      if (editor.nextMs > nowMs) continue;
      const behind = this.#behind(editor);
      editor.release(nowMs, (piece) => this.#pass(piece, nowMs, behind));
    }
  }

  #behind(editor: Editor): readonly Editor[] {
    const editors = [...this.#editors.values()];
    return editors.slice(editors.indexOf(editor) + 1);
  }

  #pass(piece: Piece, nowMs: number, editors: readonly Editor[]): void {
    const [next, ...rest] = editors;
    if (next === undefined) this.#out(piece.bytes);
    else next.edit(piece, nowMs, (edited) => this.#pass(edited, nowMs, rest));
  }
}
