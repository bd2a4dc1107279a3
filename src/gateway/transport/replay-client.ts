/**
 * Asks a publisher's ROUTER for past batches, as a DEALER, one connection per request: late answers to an old request die with
 * its connection, and the publisher's queue for us starts empty (libzmq drops silently from 1000 messages on).
 */
import { asError, type KvproofError, UnavailableError } from "../../base/errors.js";
import { buildReplayRequest, parseReplayReply, type ReplayReply } from "../../protocol/frames.js";
import type { Endpoint } from "./endpoint.js";
import type { TransportLimits } from "./limits.js";
import { ZmtpConnection } from "./zmtp-connection.js";

export interface ReplayEvents {
  batch(round: number, seq: number, payload: Uint8Array): void;
  /** An answer that is no batch and no END; the request goes on. */
  malformed(round: number, reason: string): void;
  ended(round: number): void;
  failed(round: number, reason: KvproofError): void;
}

export class ReplayClient {
  readonly #endpoint: Endpoint;
  readonly #limits: TransportLimits;
  readonly #events: ReplayEvents;
  #request: ReplayRequest | null = null;
  #paused = false;
  readonly #closing = new Set<Promise<void>>();

  constructor(endpoint: Endpoint, limits: TransportLimits, events: ReplayEvents) {
    this.#endpoint = endpoint;
    this.#limits = limits;
    this.#events = events;
  }

  /** Asks for every batch from `from` on. A request that is still open is cancelled. Exactly one of ended and failed follows. */
  request(round: number, from: number): void {
    this.cancel();
    this.#request = new ReplayRequest(this.#endpoint, this.#limits, from, {
      isPaused: () => this.#paused,
      batch: (seq, payload) => this.#events.batch(round, seq, payload),
      malformed: (reason) => this.#events.malformed(round, reason),
      ended: () => {
        this.#drop();
        this.#events.ended(round);
      },
      failed: (reason) => {
        this.#drop();
        this.#events.failed(round, reason);
      },
    });
  }

  /** Ends the open request; nothing of it is heard any more. */
  cancel(): void {
    this.#drop();
  }

  /** Stops reading, this request and later ones, until `resume`. */
  pause(): void {
    this.#paused = true;
    this.#request?.pause();
  }
  resume(): void {
    this.#paused = false;
    this.#request?.resume();
  }

  async stop(): Promise<void> {
    this.#drop();
    await Promise.all(this.#closing);
  }

  #drop(): void {
    const request = this.#request;
    if (request === null) return;
    this.#request = null;
    const closed = request.close().finally(() => this.#closing.delete(closed));
    this.#closing.add(closed);
  }
}

interface RequestEvents {
  isPaused(): boolean;
  batch(seq: number, payload: Uint8Array): void;
  malformed(reason: string): void;
  ended(): void;
  failed(reason: KvproofError): void;
}

class ReplayRequest {
  readonly #connection: ZmtpConnection;
  readonly #events: RequestEvents;
  readonly #limits: TransportLimits;
  readonly #totalTimer: NodeJS.Timeout;
  #inactivityTimer: NodeJS.Timeout | undefined;
  #over = false;

  constructor(endpoint: Endpoint, limits: TransportLimits, from: number, events: RequestEvents) {
    this.#events = events;
    this.#limits = limits;
    this.#connection = new ZmtpConnection(endpoint, "DEALER", limits, {
      ready: () => {
        this.#connection.send(buildReplayRequest(from));
        if (events.isPaused()) this.pause();
        else this.#expectMore();
      },
      message: (frames) => this.#reply(frames),
      heard: () => undefined,
      // A publisher that answers heartbeats and nothing else does not replay.
      progress: () => this.#inactivityTimer?.refresh(),
      lost: (reason) => this.#fail(reason),
    });
    this.#totalTimer = setTimeout(() => {
      this.#fail(new UnavailableError("KVP_E_LINK", `no END within ${limits.replayTotalMs} ms`));
    }, limits.replayTotalMs);
  }

  /** While we do not read, nothing can arrive: that silence is ours. */
  pause(): void {
    clearTimeout(this.#inactivityTimer);
    this.#inactivityTimer = undefined;
    this.#connection.pause();
  }
  resume(): void {
    if (this.#over) return;
    this.#expectMore();
    this.#connection.resume();
  }

  close(): Promise<void> {
    this.#over = true;
    clearTimeout(this.#inactivityTimer);
    clearTimeout(this.#totalTimer);
    return this.#connection.close();
  }

  #expectMore(): void {
    clearTimeout(this.#inactivityTimer);
    const ms = this.#limits.replayInactivityMs;
    this.#inactivityTimer = setTimeout(() => {
      this.#fail(new UnavailableError("KVP_E_LINK", `no batch and no END for ${ms} ms`));
    }, ms);
  }

  #reply(frames: readonly Uint8Array[]): void {
    if (this.#over) return;
    let reply: ReplayReply;
    try {
      reply = parseReplayReply(frames);
    } catch (error) {
      this.#events.malformed(asError(error).message);
      return;
    }
    if (reply.kind === "batch") this.#events.batch(reply.seq, reply.payload);
    else {
      this.#over = true;
      this.#events.ended();
    }
  }

  #fail(reason: KvproofError): void {
    if (this.#over) return;
    this.#over = true;
    this.#events.failed(reason);
  }
}
