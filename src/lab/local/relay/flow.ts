/**
 * One direction of one connection: from a socket, through editors and the delay line, to another socket. When the receiver
 * does not read, or too much is kept back, the sender is not read either, so that its own queues fill as they would without us.
 */
import type { Socket } from "node:net";
import type { LinkDirection } from "../../links.js";
import type { Account } from "./account.js";
import { DelayLine } from "./delay-line.js";
import { EditorChain } from "./editors/editor-chain.js";
import { RELAY_LIMITS } from "./limits.js";
import { FREE, Pacer, type Shape } from "./shape.js";
import type { Rng } from "../../../base/rng.js";

export interface FlowEnds {
  readonly direction: LinkDirection;
  readonly source: Socket;
  readonly sink: Socket;
  /** Messages that can be edited come this way, from this port. */
  readonly messages: "events" | "replay" | null;
  readonly rng: Rng;
  readonly nowMs: () => number;
  /** The source has ended and everything has gone on. */
  onFinished(reset: boolean): void;
  /** The stream cannot be followed any more. */
  onBroken(error: unknown): void;
}

export class Flow {
  readonly chain: EditorChain | null;
  accounts: readonly Account[] = [];
  readonly #ends: FlowEnds;
  readonly #line = new DelayLine();
  readonly #pacer: Pacer;
  #shape: Shape = FREE;
  #timer: NodeJS.Timeout | undefined;
  #timerMs = Number.POSITIVE_INFINITY;
  #sinkFull = false;
  #ready = false;
  #ended: "no" | "end" | "reset" = "no";
  #finished = false;

  constructor(ends: FlowEnds) {
    this.#ends = ends;
    this.#pacer = new Pacer(ends.rng);
    this.chain = ends.messages === null ? null : new EditorChain(ends.messages, (bytes) => this.#enter(bytes));
    ends.sink.on("drain", () => {
      this.#sinkFull = false;
      this.pump();
    });
  }

  get heldBytes(): number {
    return this.#line.bytes + (this.chain?.heldBytes ?? 0);
  }

  /** Bytes from the source; they must not change afterwards. */
  receive(chunk: Buffer): void {
    if (this.#finished) return;
    if (this.#shape === FREE && this.#line.empty && (this.chain?.idle ?? true) && this.#ready) {
      this.chain?.follow(chunk);
      if (this.#write(chunk, 0)) return;
      this.#readOrNot();
      return;
    }
    try {
      if (this.#shape.swallowing) this.#lose(chunk.length);
      else if (this.chain === null) this.#enter(chunk);
      else if (this.chain.idle) {
        this.chain.follow(chunk);
        this.#enter(chunk);
      } else this.chain.push(chunk, this.#ends.nowMs());
    } catch (thrown) {
      this.#ends.onBroken(thrown);
      return;
    }
    this.pump();
  }

  /** Both ends are connected. */
  start(): void {
    this.#ready = true;
    this.pump();
  }

  /** The source is at its end: what is under way still arrives, unless the source broke. */
  end(how: "end" | "reset"): void {
    if (this.#ended !== "no") return;
    this.#ended = how;
    this.pump();
  }

  reshape(shape: Shape): void {
    const nowMs = this.#ends.nowMs();
    this.#shape = shape;
    this.#line.closed = shape.silent;
    // What a disturbance that is over keeps back goes on at once; those still in force only begin anew.
    this.#pacer.reset();
    this.#line.hurry(nowMs);
    if (shape.swallowing) this.#lose(this.#line.lose());
    this.pump();
  }

  stop(): void {
    this.#finished = true;
    clearTimeout(this.#timer);
  }

  /** Hands on what is due, sets the clock for what is not, and reads on or not. */
  pump(): void {
    if (this.#finished) return;
    const nowMs = this.#ends.nowMs();
    this.chain?.release(nowMs);
    while (!this.#sinkFull && this.#ready) {
      const next = this.#line.leave(nowMs);
      if (next === undefined) break;
      for (const account of this.accounts) account.waited(next.waitedMs);
      this.#write(next.bytes, nowMs);
    }
    this.#wakeAt(Math.min(this.#line.nextMs, this.chain?.nextMs ?? Number.POSITIVE_INFINITY), nowMs);
    this.#readOrNot();
    this.#finishIfDone();
  }

  #enter(bytes: Uint8Array): void {
    const nowMs = this.#ends.nowMs();
    if (this.#shape.swallowing) return this.#lose(bytes.length);
    const before = this.#pacer.retransmissions;
    this.#pacer.pace(bytes, nowMs, this.#shape, (piece, dueMs) => this.#line.enter(piece, nowMs, dueMs));
    for (const account of this.accounts) account.retransmissions += this.#pacer.retransmissions - before;
  }

  #write(bytes: Uint8Array, nowMs: number): boolean {
    if (this.accounts.length > 0) {
      const at = nowMs === 0 ? this.#ends.nowMs() : nowMs;
      for (const account of this.accounts) account.passed(this.#ends.direction, bytes.length, at);
    }
    const { sink } = this.#ends;
    if (!sink.writable) return true;
    this.#sinkFull = !sink.write(bytes);
    return !this.#sinkFull;
  }

  #lose(bytes: number): void {
    for (const account of this.accounts) account.lostBytes += bytes;
  }

  #readOrNot(): void {
    const { source } = this.#ends;
    const blocked = !this.#ready || this.#sinkFull || this.heldBytes >= RELAY_LIMITS.heldBytes;
    const full = blocked && !this.#shape.swallowing;
    if (full !== source.isPaused()) {
      if (full) source.pause();
      else source.resume();
    }
  }

  #finishIfDone(): void {
    if (this.#ended === "no" || this.#shape.silent || this.#shape.swallowing) return;
    if (this.#ended === "end" && this.heldBytes > 0) return;
    this.#finished = true;
    clearTimeout(this.#timer);
    this.#ends.onFinished(this.#ended === "reset");
  }

  #wakeAt(atMs: number, nowMs: number): void {
    if (atMs === this.#timerMs) return;
    clearTimeout(this.#timer);
    this.#timerMs = atMs;
    if (atMs === Number.POSITIVE_INFINITY) return;
    this.#timer = setTimeout(
      () => {
        this.#timerMs = Number.POSITIVE_INFINITY;
        this.pump();
      },
      Math.max(1, Math.ceil(atMs - nowMs)),
    );
  }
}
