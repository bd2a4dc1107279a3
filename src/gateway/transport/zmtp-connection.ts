/**
 * One ZMTP 3.x connection that we open: greeting, NULL handshake, frames, heartbeats. It ends once, with a reason, and never
 * comes back; who wants another makes another. rfc.zeromq.org/spec/37.
 */
import { connect, type Socket } from "node:net";
import { asError, KvproofError, ProtocolError, UnavailableError } from "../../base/errors.js";
import { encodePing, encodePong, encodeReady, parseCommand } from "../../protocol/zmtp/command.js";
import { encodeMessage } from "../../protocol/zmtp/frame.js";
import { FrameParser, type FrameSink } from "../../protocol/zmtp/frame-parser.js";
import { encodeGreeting, type Greeting, GreetingReader } from "../../protocol/zmtp/greeting.js";
import { requireCompatible } from "../../protocol/zmtp/socket-type.js";
import { encodeSubscribe } from "../../protocol/zmtp/subscription.js";
import type { Endpoint } from "./endpoint.js";
import type { TransportLimits } from "./limits.js";
import { ReadSlab } from "./read-slab.js";

const GREETING = encodeGreeting();
/** Signature (10 bytes), major and minor version. */
const VERSION_END = 12;
const GREETING_PATIENCE_MS = 200;

export interface ConnectionEvents {
  /** The handshake is done; both sides may send. */
  ready(): void;
  /** A whole message. The array is reused for the next one; the frames keep their bytes. */
  message(frames: readonly Uint8Array[]): void;
  /** Bytes arrived. */
  heard(bytes: number): void;
  /** Some of them belonged to a message: a peer that only answers PINGs makes no progress. */
  progress?(): void;
  /** The end, unless it was `close` that ended it. */
  lost(reason: KvproofError): void;
}

/**
 * A TTL in a PING would make libzmq hang up when it hears nothing from us for that long afterwards; and a publisher that
 * speaks again hears nothing from us, because then there is no need for another PING.
 */
const NO_TTL = 0;

export class ZmtpConnection implements FrameSink {
  readonly #socket: Socket;
  readonly #events: ConnectionEvents;
  readonly #limits: TransportLimits;
  readonly #socketType: "SUB" | "DEALER";
  readonly #greetingReader = new GreetingReader();
  readonly #parser: FrameParser;
  readonly #connectTimer: NodeJS.Timeout;
  readonly #closed: Promise<void>;
  #patience: NodeJS.Timeout | undefined;
  #greeted = false;
  #heartbeat: NodeJS.Timeout | undefined;
  #peer: Greeting | null = null;
  #phase: "greeting" | "handshake" | "ready" | "over" = "greeting";
  #frames: Uint8Array[] = [];
  #messageBytes = 0;
  #messages = 0;
  /** Heartbeat intervals in a row without a byte. Counted, not timed: a stall of our own process is not the peer's silence. */
  #silentIntervals = 0;

  constructor(endpoint: Endpoint, socketType: "SUB" | "DEALER", limits: TransportLimits, events: ConnectionEvents) {
    this.#events = events;
    this.#limits = limits;
    this.#socketType = socketType;
    this.#parser = new FrameParser(this, limits);
    const slab = new ReadSlab();
    const onread = { buffer: () => slab.room(), callback: (bytes: number) => this.#receive(slab.take(bytes)) };
    const socket =
      endpoint.kind === "tcp"
        ? connect({ host: endpoint.host, port: endpoint.port, noDelay: true, onread })
        : connect({ path: endpoint.path, onread });
    this.#socket = socket;
    this.#closed = new Promise((resolve) => socket.once("close", () => resolve()));
    this.#connectTimer = setTimeout(() => this.#fail(timedOut(this.#phase, limits)), limits.connectTimeoutMs);
    socket.on("connect", () => this.#beginGreeting());
    socket.on("error", (error) =>
      this.#fail(new UnavailableError("KVP_E_LINK", describeSocketError(error), { cause: error })),
    );
    socket.on("close", () => this.#fail(new UnavailableError("KVP_E_LINK", "the peer closed the connection")));
  }

  /** Sends one message. */
  send(frames: readonly Uint8Array[]): void {
    this.#socket.write(encodeMessage(frames));
  }

  /** Asks for the messages whose topic begins with `prefix`, in the form that the peer's version knows. */
  subscribe(prefix: Uint8Array): void {
    if (this.#peer !== null) this.#socket.write(encodeSubscribe(prefix, this.#peer));
  }

  /** Stops reading: the peer's queue fills instead of ours. Does nothing before `ready`, the handshake needs its bytes. */
  pause(): void {
    if (this.#phase === "ready") this.#socket.pause();
  }
  resume(): void {
    this.#silentIntervals = 0;
    this.#socket.resume();
  }

  /** Ends the connection without a word to `lost`. Resolves when the socket is gone. */
  close(): Promise<void> {
    this.#end();
    return this.#closed;
  }

  // FrameSink

  message(payload: Uint8Array, more: boolean): void {
    if (this.#phase !== "ready") {
      if (this.#phase !== "over")
        this.#fail(new ProtocolError("KVP_E_ZMTP_FRAME", "the peer sent a message before its READY"));
      return;
    }
    this.#frames.push(payload);
    this.#messageBytes += payload.length;
    if (this.#messageBytes > this.#limits.maxMessageBytes) {
      this.#fail(
        new ProtocolError("KVP_E_ZMTP_FRAME", `a message exceeds maxMessageBytes = ${this.#limits.maxMessageBytes}`),
      );
      return;
    }
    if (more) return;
    this.#messages++;
    this.#events.message(this.#frames);
    this.#frames.length = 0;
    this.#messageBytes = 0;
  }

  command(body: Uint8Array): void {
    if (this.#phase === "over") return;
    const command = parseCommand(body);
    if (command.name === "PING") this.#socket.write(encodePong(command.context));
    else if (command.name === "ERROR") {
      this.#fail(new ProtocolError("KVP_E_LINK", `the peer refuses the connection: ${command.reason}`));
    } else if (command.name === "READY" && this.#phase === "handshake") {
      requireCompatible(this.#socketType, command.metadata.socketType);
      this.#becomeReady();
    }
  }

  /** @returns true: reading goes on until `pause`. */
  #receive(chunk: Buffer): true {
    if (this.#phase === "over") return true;
    this.#silentIntervals = 0;
    this.#events.heard(chunk.length);
    const messages = this.#messages;
    try {
      if (this.#phase === "greeting") this.#greet(chunk);
      else this.#parser.push(chunk);
      if (this.#messages > messages || this.#parser.inMessage) this.#events.progress?.();
    } catch (error) {
      this.#fail(error instanceof KvproofError ? error : new ProtocolError("KVP_E_ZMTP_FRAME", asError(error).message));
    }
    return true;
  }

  /**
   * Signature and version first. A libzmq that demands CURVE hangs up on reading our mechanism, without having named its own;
   * so ours goes out when theirs has come, or after a while, for peers that wait for the whole greeting.
   */
  #beginGreeting(): void {
    this.#socket.write(GREETING.subarray(0, VERSION_END));
    this.#patience = setTimeout(() => this.#endGreeting(), GREETING_PATIENCE_MS);
  }

  #endGreeting(): void {
    clearTimeout(this.#patience);
    if (this.#greeted || this.#phase === "over") return;
    this.#greeted = true;
    this.#socket.write(GREETING.subarray(VERSION_END));
  }

  #greet(chunk: Buffer): void {
    const read = this.#greetingReader.push(chunk);
    if (read === undefined) return;
    this.#peer = read.greeting;
    this.#phase = "handshake";
    this.#endGreeting();
    const identity = this.#socketType === "DEALER" ? { identity: new Uint8Array(0) } : {};
    this.#socket.write(encodeReady({ socketType: this.#socketType, ...identity }));
    this.#parser.push(read.rest);
  }

  #becomeReady(): void {
    this.#phase = "ready";
    clearTimeout(this.#connectTimer);
    // A ZMTP 3.0 peer does not know PING: there only TCP can notice a dead link.
    if (this.#peer !== null && (this.#peer.major > 3 || this.#peer.minor >= 1)) {
      this.#heartbeat = setInterval(() => this.#beat(), this.#limits.heartbeatIntervalMs);
      this.#heartbeat.unref();
    } else this.#socket.setKeepAlive(true, this.#limits.heartbeatTimeoutMs);
    this.#events.ready();
  }

  #beat(): void {
    if (this.#socket.isPaused()) return;
    const { heartbeatIntervalMs, heartbeatTimeoutMs } = this.#limits;
    if (this.#silentIntervals * heartbeatIntervalMs >= heartbeatTimeoutMs) {
      this.#fail(
        new UnavailableError("KVP_E_LINK", `heard nothing for ${heartbeatTimeoutMs} ms, not even an answer to PING`),
      );
      return;
    }
    if (this.#silentIntervals++ > 0) this.#socket.write(encodePing(NO_TTL));
  }

  #fail(reason: KvproofError): void {
    if (this.#phase === "over") return;
    this.#end();
    this.#events.lost(reason);
  }

  #end(): void {
    this.#phase = "over";
    clearTimeout(this.#connectTimer);
    clearTimeout(this.#patience);
    clearInterval(this.#heartbeat);
    this.#frames = [];
    this.#socket.destroy();
  }
}

function timedOut(phase: string, limits: TransportLimits): KvproofError {
  const awaited = phase === "greeting" ? "a connection and a ZMTP greeting" : "READY";
  return new UnavailableError("KVP_E_LINK", `waited ${limits.connectTimeoutMs} ms for ${awaited}`);
}

function describeSocketError(error: NodeJS.ErrnoException): string {
  return error.code === undefined ? error.message : `${error.syscall ?? "socket"} ${error.code}`;
}
