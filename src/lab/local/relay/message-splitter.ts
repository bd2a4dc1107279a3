/**
 * Cuts the byte stream of one engine's port into whole messages while an editor wants them, and passes it on as it comes
 * otherwise. It may be asked to begin at any moment: it then waits for the next message.
 */
import { ProtocolError } from "../../../base/errors.js";
import { FLAG_COMMAND, FLAG_MORE } from "../../../protocol/zmtp/frame.js";
import { FrameWalker } from "./frame-walker.js";
import { RELAY_LIMITS } from "./limits.js";
import { type Frame, joined, type Piece, pieceOf } from "./piece.js";

export class MessageSplitter {
  readonly #port: "events" | "replay";
  readonly #walker = new FrameWalker();
  #splitting = false;
  /** Parts of the frame under way, and whole frames of the message under way. */
  #parts: Uint8Array[] = [];
  #partBytes = 0;
  #frames: Frame[] = [];
  #messageBytes = 0;

  constructor(port: "events" | "replay") {
    this.#port = port;
  }

  /** Bytes kept until their message is whole. */
  get heldBytes(): number {
    return this.#partBytes + this.#messageBytes;
  }

  /** Follows the stream without cutting it. Not while anything is kept. */
  follow(chunk: Uint8Array): void {
    this.#splitting = false;
    this.#walker.walk(chunk);
  }

  /** Ends cutting: what was kept goes on as it is. */
  flush(emit: (piece: Piece) => void): void {
    const kept = [...this.#frames.map(({ bytes }) => bytes), ...this.#parts];
    this.#forget();
    this.#splitting = false;
    if (kept.length > 0) emit({ kind: "raw", bytes: joined(kept) });
  }

  /** @throws ProtocolError KVP_E_ZMTP_FRAME when a message exceeds RELAY_LIMITS.messageBytes. */
  split(chunk: Uint8Array, emit: (piece: Piece) => void): void {
    const walker = this.#walker;
    let from = 0;
    for (let at = 0; at < chunk.length; ) {
      this.#splitting ||= walker.atBoundary || walker.fresh;
      at = walker.step(chunk, at);
      if (!this.#splitting) {
        if (!walker.atBoundary && at < chunk.length) continue;
        emit({ kind: "raw", bytes: chunk.subarray(from, at) });
      } else this.#take(chunk.subarray(from, at), emit);
      from = at;
    }
  }

  #take(part: Uint8Array, emit: (piece: Piece) => void): void {
    // Greetings are not kept until they are whole: libzmq sends the rest of its own only when it has seen the first bytes.
    if (this.#walker.ended === "greeting") return emit({ kind: "greeting", bytes: part });
    this.#parts.push(part);
    this.#partBytes += part.length;
    if (this.heldBytes > RELAY_LIMITS.messageBytes)
      throw new ProtocolError("KVP_E_ZMTP_FRAME", `a message exceeds messageBytes = ${RELAY_LIMITS.messageBytes}`);
    const { ended, flags, headBytes } = this.#walker;
    if (ended === "nothing") return;
    const bytes = joined(this.#parts);
    this.#parts = [];
    this.#partBytes = 0;
    if ((flags & FLAG_COMMAND) !== 0) emit({ kind: "command", bytes });
    else this.#endFrame({ bytes, headBytes }, (flags & FLAG_MORE) !== 0, emit);
  }

  #endFrame(frame: Frame, more: boolean, emit: (piece: Piece) => void): void {
    this.#frames.push(frame);
    this.#messageBytes += frame.bytes.length;
    if (more) return;
    const frames = this.#frames;
    this.#forget();
    emit(pieceOf(this.#port, frames, joined(frames.map(({ bytes }) => bytes))));
  }

  #forget(): void {
    this.#parts = [];
    this.#partBytes = 0;
    this.#frames = [];
    this.#messageBytes = 0;
  }
}
