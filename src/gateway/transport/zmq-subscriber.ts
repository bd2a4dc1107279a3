/**
 * A SUB socket for one publisher: connects, subscribes, connects again. One connection after the other, each with its own
 * number, so that whoever listens can tell them apart.
 */
import type { KvproofError } from "../../base/errors.js";
import { asError } from "../../base/errors.js";
import { decodeSeq, END_OF_REPLAY } from "../../protocol/frames.js";
import { Backoff } from "./backoff.js";
import type { Endpoint } from "./endpoint.js";
import type { TransportLimits } from "./limits.js";
import { ZmtpConnection } from "./zmtp-connection.js";

export interface SubscriberEvents {
  /** Handshake done, subscription sent. */
  connected(connection: number): void;
  /** A connection that was `connected` is over. */
  disconnected(connection: number, reason: KvproofError): void;
  /** No connection could be made; it is tried again. */
  unreachable(reason: KvproofError): void;
  batch(connection: number, seq: number, payload: Uint8Array): void;
  /** A message that is no event message. The connection goes on. */
  malformed(connection: number, reason: string): void;
  heard(): void;
}

export interface SubscriberConfig {
  readonly endpoint: Endpoint;
  /** Messages with another topic are counted and passed over; "" accepts all. */
  readonly topic: string;
  readonly limits: TransportLimits;
  /** Numbers in [0, 1), to spread reconnects. */
  readonly random: () => number;
}

export class ZmqSubscriber {
  readonly #config: SubscriberConfig;
  readonly #events: SubscriberEvents;
  readonly #topic: Uint8Array;
  readonly #backoff: Backoff;
  #connection: ZmtpConnection | null = null;
  #connections = 0;
  #subscribed = false;
  #paused = false;
  #stopped = false;
  #retry: NodeJS.Timeout | undefined;
  /** Messages of another topic: ZeroMQ subscribes by prefix, so "kv@10.0.0.1" also gets those of "kv@10.0.0.10". */
  foreignTopicMessages = 0;
  /** Over all connections, handshakes included. */
  receivedBytes = 0;

  constructor(config: SubscriberConfig, events: SubscriberEvents) {
    this.#config = config;
    this.#events = events;
    this.#topic = new TextEncoder().encode(config.topic);
    this.#backoff = new Backoff(config.limits.reconnectMinMs, config.limits.reconnectMaxMs, config.random);
  }

  start(): void {
    if (this.#stopped || this.#connection !== null) return;
    const id = ++this.#connections;
    this.#subscribed = false;
    this.#connection = new ZmtpConnection(this.#config.endpoint, "SUB", this.#config.limits, {
      ready: () => this.#ready(id),
      message: (frames) => this.#message(id, frames),
      heard: (bytes) => {
        this.receivedBytes += bytes;
        this.#events.heard();
      },
      lost: (reason) => this.#lost(id, reason),
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#retry);
    const connection = this.#connection;
    this.#connection = null;
    await connection?.close();
  }

  /** Stops reading, this connection and later ones, until `resume`. Heartbeats rest meanwhile. */
  pause(): void {
    this.#paused = true;
    this.#connection?.pause();
  }
  resume(): void {
    this.#paused = false;
    this.#connection?.resume();
  }

  #ready(id: number): void {
    this.#backoff.reset();
    this.#subscribed = true;
    this.#connection?.subscribe(this.#topic);
    this.#events.connected(id);
    if (this.#paused) this.#connection?.pause();
  }

  #message(id: number, frames: readonly Uint8Array[]): void {
    const [topic, seqFrame, payload] = frames;
    if (topic === undefined || seqFrame === undefined || payload === undefined || frames.length !== 3) {
      this.#events.malformed(id, `a message has ${frames.length} frames, not 3`);
      return;
    }
    if (this.#topic.length > 0 && !this.#isOurTopic(topic)) {
      this.foreignTopicMessages++;
      return;
    }
    let seq: number;
    try {
      seq = decodeSeq(seqFrame);
    } catch (error) {
      this.#events.malformed(id, asError(error).message);
      return;
    }
    if (seq === END_OF_REPLAY) this.#events.malformed(id, "a live batch bears the number that ends a replay");
    else this.#events.batch(id, seq, payload);
  }

  #isOurTopic(topic: Uint8Array): boolean {
    const ours = this.#topic;
    if (topic.length !== ours.length) return false;
    for (let i = 0; i < ours.length; i++) if (topic[i] !== ours[i]) return false;
    return true;
  }

  #lost(id: number, reason: KvproofError): void {
    this.#connection = null;
    if (this.#subscribed) this.#events.disconnected(id, reason);
    else this.#events.unreachable(reason);
    if (this.#stopped) return;
    this.#retry = setTimeout(() => this.start(), this.#backoff.nextMs());
    this.#retry.unref();
  }
}
