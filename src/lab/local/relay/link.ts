/** One connection of a consumer, and the one to the engine that it is joined to. */
import { type ConnectOpts, Socket, type SocketConstructorOpts } from "node:net";
import { asError } from "../../../base/errors.js";
import type { Rng } from "../../../base/rng.js";
import type { LinkDirection, LinkPortName } from "../../links.js";
import type { Account } from "./account.js";
import { Flow } from "./flow.js";
import { RELAY_LIMITS } from "./limits.js";
import { handshakeLateness } from "./retransmission.js";
import type { Shape } from "./shape.js";

export interface LinkTarget {
  readonly host: string;
  readonly port: number;
}

export interface LinkOptions {
  readonly client: Socket;
  readonly target: LinkTarget;
  readonly port: LinkPortName;
  readonly rng: Rng;
  readonly nowMs: () => number;
  onClosed(): void;
  onNote(text: string): void;
}

const READ_BUFFER = Buffer.allocUnsafeSlow(64 * 1024);

export const SOCKET_OPTIONS = { allowHalfOpen: true, highWaterMark: RELAY_LIMITS.sinkBytes } as const;

export class Link {
  readonly toGateway: Flow;
  readonly toEngine: Flow;
  readonly port: LinkPortName;
  readonly #options: LinkOptions;
  readonly #client: Socket;
  readonly #engine: Socket;
  #dialled = false;
  #swallowed = false;
  /** Set while a handshake is late. */
  #dialTimer: NodeJS.Timeout | undefined;
  #closed = false;

  /** `client` must not have been read yet. Nothing flows before {@link dial}. */
  constructor(options: LinkOptions) {
    this.#options = options;
    this.port = options.port;
    this.#client = options.client;
    // Node's types know this option of its constructor on net.connect only.
    const reading: SocketConstructorOpts & ConnectOpts = { ...SOCKET_OPTIONS, onread: this.#reading() };
    this.#engine = new Socket(reading).setNoDelay(true);
    this.toGateway = this.#flow("to-gateway", this.#engine, this.#client);
    this.toEngine = this.#flow("to-engine", this.#client, this.#engine);
    this.#client.on("data", (chunk: Buffer) => this.toEngine.receive(chunk));
    this.#engine.resume();
    this.#watch(this.#client, this.toEngine);
    this.#watch(this.#engine, this.toGateway);
    this.#engine.once("connect", () => {
      this.toGateway.start();
      this.toEngine.start();
    });
  }

  get heldBytes(): number {
    return this.toGateway.heldBytes + this.toEngine.heldBytes;
  }

  /** Applies what lies on this link now. A link on which nothing passes is not connected to the engine before it does. */
  reshape(shapes: Readonly<Record<LinkDirection, Shape>>, accounts: readonly Account[]): void {
    this.toGateway.accounts = accounts;
    this.toEngine.accounts = accounts;
    const swallowing = shapes["to-gateway"].swallowing;
    // What was swallowed is missing in the middle of a stream: the connection cannot go on.
    if (this.#swallowed && !swallowing) return this.reset();
    this.#swallowed ||= swallowing;
    this.toGateway.reshape(shapes["to-gateway"]);
    this.toEngine.reshape(shapes["to-engine"]);
    if (!swallowing && !shapes["to-gateway"].silent && !shapes["to-engine"].silent) this.#dial(shapes["to-engine"]);
  }

  /** Both sides learn at once that it is over. */
  reset(): void {
    for (const socket of [this.#client, this.#engine]) {
      if (!socket.connecting && this.#isOpen(socket)) socket.resetAndDestroy();
      else socket.destroy();
    }
    this.#close();
  }

  #dial({ lossProbability }: Shape): void {
    if (this.#closed) return;
    if (!this.#dialled) {
      this.#dialled = true;
      const lateMs = lossProbability === 0 ? 0 : handshakeLateness(this.#options.rng, lossProbability).lateMs;
      if (lateMs === 0) this.#connect();
      else this.#dialTimer = setTimeout(() => this.#connect(), lateMs);
    } else if (lossProbability === 0 && this.#dialTimer !== undefined) this.#connect();
  }

  #connect(): void {
    clearTimeout(this.#dialTimer);
    this.#dialTimer = undefined;
    this.#engine.connect(this.#options.target);
  }

  /**
   * Most bytes come from the engine. Into one buffer for all links and copied out at once, they cost a fraction of what a new
   * buffer of 64 KiB for each read does.
   */
  #reading(): { buffer: Buffer; callback(bytes: number, buffer: Uint8Array): boolean } {
    return {
      buffer: READ_BUFFER,
      callback: (bytes, buffer) => {
        this.toGateway.receive(Buffer.from(buffer.subarray(0, bytes)));
        return true;
      },
    };
  }

  #flow(direction: LinkDirection, source: Socket, sink: Socket): Flow {
    const { port, rng, nowMs } = this.#options;
    return new Flow({
      direction,
      source,
      sink,
      nowMs,
      messages: direction === "to-gateway" && port !== "http" ? port : null,
      rng: rng.fork(direction),
      onFinished: (reset) => (reset ? this.reset() : this.#finish(sink)),
      onBroken: (error) => {
        this.#options.onNote(asError(error).message);
        this.reset();
      },
    });
  }

  #watch(socket: Socket, flow: Flow): void {
    socket.on("end", () => flow.end("end"));
    socket.on("error", () => flow.end("reset"));
    socket.on("close", (hadError) => flow.end(hadError ? "reset" : "end"));
  }

  /** One side has said its last: it goes to the other, which then has nobody left to talk to. */
  #finish(sink: Socket): void {
    sink.destroySoon();
    const other = sink === this.#client ? this.#engine : this.#client;
    other.destroy();
    this.#close();
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#dialTimer);
    this.toGateway.stop();
    this.toEngine.stop();
    this.#options.onClosed();
  }

  #isOpen(socket: Socket): boolean {
    return !socket.destroyed && (socket === this.#client || this.#dialled);
  }
}
