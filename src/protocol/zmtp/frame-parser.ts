/**
 * ZMTP frames out of a byte stream that is cut anywhere. A frame that lies whole in one chunk is handed out as a view of
 * it; only a frame that spans chunks is copied, into a buffer that grows with what has arrived, not with what was announced.
 */
import { ProtocolError } from "../../base/errors.js";
import { FLAG_COMMAND, FLAG_LONG, FLAG_MORE } from "./frame.js";

export interface FrameLimits {
  readonly maxFrameBytes: number;
  /** A message of more frames is refused. Commands do not count. */
  readonly maxFramesPerMessage: number;
}

export const DEFAULT_FRAME_LIMITS: FrameLimits = { maxFrameBytes: 64 << 20, maxFramesPerMessage: 64 };

export interface FrameSink {
  /** `payload` stays valid as long as the chunk it came from is not overwritten. */
  message(payload: Uint8Array, more: boolean): void;
  /** May come between the frames of a message: libzmq sends heartbeats so. */
  command(body: Uint8Array): void;
}

const LONG_HEAD_BYTES = 9;
const SHORT_HEAD_BYTES = 2;
const INITIAL_BODY_BYTES = 16 << 10;
const TWO_32 = 2 ** 32;
const EMPTY = new Uint8Array(0);

export class FrameParser {
  private readonly limits: FrameLimits;
  private readonly head = new Uint8Array(LONG_HEAD_BYTES);
  private headLength = 0;
  private flags = 0;
  /** Bytes of the frame whose head is read; -1 = the next bytes are a head. */
  private size = -1;
  private body = EMPTY;
  private bodyLength = 0;
  private framesOfMessage = 0;
  private failure: ProtocolError | undefined;

  constructor(
    private readonly sink: FrameSink,
    limits: Partial<FrameLimits> = {},
  ) {
    this.limits = { ...DEFAULT_FRAME_LIMITS, ...limits };
  }

  /** A message has begun and is not whole. */
  get inMessage(): boolean {
    return this.framesOfMessage > 0;
  }

  /**
   * Hands out all frames that `chunk` completes.
   * @throws ProtocolError KVP_E_ZMTP_FRAME on reserved flags or beyond a limit, now and on every later call: the
   *   connection cannot be resynchronised.
   */
  push(chunk: Uint8Array): void {
    if (this.failure !== undefined) throw this.failure;
    let at = 0;
    while (at < chunk.length) at = this.size < 0 ? this.readHead(chunk, at) : this.readBody(chunk, at);
  }

  private readHead(chunk: Uint8Array, from: number): number {
    let at = from;
    while (at < chunk.length) {
      this.head[this.headLength++] = chunk[at++] as number;
      const flags = this.head[0] as number;
      if (this.headLength === 1) this.checkFlags(flags);
      if (this.headLength < ((flags & FLAG_LONG) === 0 ? SHORT_HEAD_BYTES : LONG_HEAD_BYTES)) continue;
      this.headLength = 0;
      this.startFrame(flags);
      break;
    }
    return at;
  }

  private checkFlags(flags: number): void {
    if (flags > (FLAG_MORE | FLAG_LONG | FLAG_COMMAND))
      throw this.fail(`reserved flags are set: 0x${flags.toString(16)}`);
    if ((flags & FLAG_COMMAND) !== 0 && (flags & FLAG_MORE) !== 0) throw this.fail("a command announces more frames");
  }

  private startFrame(flags: number): void {
    const { head, limits } = this;
    const view = new DataView(head.buffer);
    const size = (flags & FLAG_LONG) === 0 ? (head[1] as number) : view.getUint32(1) * TWO_32 + view.getUint32(5);
    if (size > limits.maxFrameBytes) {
      throw this.fail(`a frame of ${size} bytes exceeds maxFrameBytes = ${limits.maxFrameBytes}`);
    }
    if ((flags & FLAG_COMMAND) === 0 && ++this.framesOfMessage > limits.maxFramesPerMessage) {
      throw this.fail(`a message exceeds maxFramesPerMessage = ${limits.maxFramesPerMessage}`);
    }
    this.flags = flags;
    this.size = size;
    this.bodyLength = 0;
    if (size === 0) this.deliver(EMPTY);
  }

  private readBody(chunk: Uint8Array, at: number): number {
    const end = at + this.size - this.bodyLength;
    if (end > chunk.length) {
      this.keep(chunk.subarray(at));
      return chunk.length;
    }
    if (this.bodyLength === 0) this.deliver(chunk.subarray(at, end));
    else {
      this.keep(chunk.subarray(at, end));
      const whole = this.body.subarray(0, this.size);
      this.body = EMPTY;
      this.deliver(whole);
    }
    return end;
  }

  private keep(part: Uint8Array): void {
    const needed = this.bodyLength + part.length;
    if (needed > this.body.length) {
      const grown = new Uint8Array(Math.min(this.size, Math.max(needed, this.body.length * 2, INITIAL_BODY_BYTES)));
      grown.set(this.body.subarray(0, this.bodyLength));
      this.body = grown;
    }
    this.body.set(part, this.bodyLength);
    this.bodyLength = needed;
  }

  private deliver(payload: Uint8Array): void {
    const { flags } = this;
    this.size = -1;
    if ((flags & FLAG_COMMAND) !== 0) return this.sink.command(payload);
    const more = (flags & FLAG_MORE) !== 0;
    if (!more) this.framesOfMessage = 0;
    this.sink.message(payload, more);
  }

  private fail(message: string): ProtocolError {
    this.failure = new ProtocolError("KVP_E_ZMTP_FRAME", message);
    return this.failure;
  }
}
