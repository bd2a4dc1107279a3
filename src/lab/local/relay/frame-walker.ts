/**
 * Finds where ZMTP frames end in a byte stream that is cut anywhere, without looking at what is in them: a connection that
 * nobody disturbs costs one step per frame, and a fault can begin at the next message of a connection that is long up.
 */
import { FLAG_COMMAND, FLAG_LONG, FLAG_MORE } from "../../../protocol/zmtp/frame.js";
import { GREETING_BYTES } from "../../../protocol/zmtp/greeting.js";

const SHORT_HEAD_BYTES = 2;
const LONG_HEAD_BYTES = 9;
const TWO_32 = 2 ** 32;

export class FrameWalker {
  /** What ended at the offset that the last step returned; a greeting goes on with every step. */
  ended: "nothing" | "greeting" | "frame" = "nothing";
  /** Of the frame that ended last. */
  flags = 0;
  headBytes = 0;
  readonly #head = new Uint8Array(LONG_HEAD_BYTES);
  #headLength = 0;
  #greetingLeft = GREETING_BYTES;
  #bodyLeft = 0;
  #inBody = false;
  #inMessage = false;

  /** The next byte begins a message (or a command between messages). */
  get atBoundary(): boolean {
    return this.#greetingLeft === 0 && !this.#inBody && this.#headLength === 0 && !this.#inMessage;
  }

  /** Nothing has been seen yet. */
  get fresh(): boolean {
    return this.#greetingLeft === GREETING_BYTES;
  }

  walk(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; ) at = this.step(chunk, at);
  }

  /** Goes on to the end of the frame or of the chunk, whichever comes first; returns the offset. */
  step(chunk: Uint8Array, from: number): number {
    this.ended = "nothing";
    let at = from;
    if (this.#greetingLeft > 0) {
      at = Math.min(chunk.length, at + this.#greetingLeft);
      this.#greetingLeft -= at - from;
      this.ended = "greeting";
      return at;
    }
    if (!this.#inBody) {
      at = this.#readHead(chunk, at);
      if (!this.#inBody) return at;
    }
    const taken = Math.min(this.#bodyLeft, chunk.length - at);
    this.#bodyLeft -= taken;
    if (this.#bodyLeft === 0) this.#endFrame();
    return at + taken;
  }

  #readHead(chunk: Uint8Array, from: number): number {
    let at = from;
    while (at < chunk.length) {
      this.#head[this.#headLength++] = chunk[at++] as number;
      const long = ((this.#head[0] as number) & FLAG_LONG) !== 0;
      if (this.#headLength < (long ? LONG_HEAD_BYTES : SHORT_HEAD_BYTES)) continue;
      this.#beginBody(long);
      break;
    }
    return at;
  }

  #beginBody(long: boolean): void {
    const head = this.#head;
    this.flags = head[0] as number;
    this.headBytes = long ? LONG_HEAD_BYTES : SHORT_HEAD_BYTES;
    this.#headLength = 0;
    const view = new DataView(head.buffer);
    this.#bodyLeft = long ? view.getUint32(1) * TWO_32 + view.getUint32(5) : (head[1] as number);
    this.#inBody = true;
  }

  #endFrame(): void {
    this.ended = "frame";
    this.#inBody = false;
    if ((this.flags & FLAG_COMMAND) === 0) this.#inMessage = (this.flags & FLAG_MORE) !== 0;
  }
}
