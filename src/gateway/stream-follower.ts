/** Follows the KV events of one (engine, rank): sockets fill an inbox, the inbox feeds the session, the session the sink. */
import { type Clock, NS_PER_MS } from "../base/clock.js";
import type { KvproofError } from "../base/errors.js";
import type { Logger } from "../base/log.js";
import type { AppliedTrace } from "./applied-trace.js";
import type { IngestScheduler, IngestSource } from "./ingest-scheduler.js";
import type { StreamSink, StreamStatus } from "./ports.js";
import { Verdict } from "./session/actions.js";
import type { SessionOptions } from "./session/options.js";
import { Session, type SessionStatus } from "./session/session.js";
import { parseEndpoint } from "./transport/endpoint.js";
import { DEFAULT_TRANSPORT_LIMITS, type TransportLimits } from "./transport/limits.js";
import { LogThrottle } from "./transport/log-throttle.js";
import { ReplayClient } from "./transport/replay-client.js";
import { ItemKind, StreamInbox } from "./transport/stream-inbox.js";
import { ZmqSubscriber } from "./transport/zmq-subscriber.js";

/** Names, addresses and collaborators of one follower. */
export interface StreamFollowerConfig {
  readonly engine: string;
  readonly rank: number;
  /** ZMTP endpoint of the publisher, `tcp://host:port` or `ipc:///path`. */
  readonly events: string;
  /** ZMTP endpoint of its replay ROUTER; null = the engine has none. */
  readonly replay: string | null;
  /** Topic that messages must carry, compared whole; "" accepts every topic. */
  readonly topic: string;
  readonly sink: StreamSink;
  /** Shared by all followers of the process. */
  readonly scheduler: IngestScheduler;
  readonly clock: Clock;
  readonly log: Logger;
  /** Shared by all followers; absent = nobody wants to know. */
  readonly trace?: AppliedTrace | null;
  readonly options?: Partial<FollowerOptions>;
}

/** Limits and times of transport, session and inbox; every one has a default. */
export interface FollowerOptions extends TransportLimits, SessionOptions {
  /** Batches and bytes that may wait to be applied; beyond it the sockets are not read until half of it is gone. */
  readonly inboxBatches: number;
  readonly inboxBytes: number;
  /** Numbers in [0, 1) that spread reconnects. */
  readonly random: () => number;
}

export interface FollowerStatus extends StreamStatus, SessionStatus {
  /** Messages of other topics, passed over. */
  readonly foreignTopicMessages: number;
  /** Batches that wait for their turn in the ingest rota; not yet counted as received. */
  readonly queuedBatches: number;
  /** Why the stream is not connected, or was not last time; null = never failed. */
  readonly lastError: string | null;
}

const DEFAULT_INBOX = { inboxBatches: 20_000, inboxBytes: 16 * 1024 * 1024, random: Math.random };
/** Longest timer of Node. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export class StreamFollower implements IngestSource {
  readonly engine: string;
  readonly rank: number;
  readonly #sink: StreamSink;
  readonly #scheduler: IngestScheduler;
  readonly #clock: Clock;
  readonly #log: LogThrottle;
  readonly #options: typeof DEFAULT_INBOX;
  readonly #session: Session;
  readonly #inbox = new StreamInbox();
  readonly #subscriber: ZmqSubscriber;
  readonly #replay: ReplayClient | null;
  readonly #trace: AppliedTrace | null;
  #timer: NodeJS.Timeout | undefined;
  #timerAtNs = Number.POSITIVE_INFINITY;
  #paused = false;
  #stopped = false;
  #lastHeardNs = 0;
  #lastError: KvproofError | null = null;

  /** @throws UsageError when an endpoint cannot be connected to. */
  constructor(config: StreamFollowerConfig) {
    this.engine = config.engine;
    this.rank = config.rank;
    this.#sink = config.sink;
    this.#scheduler = config.scheduler;
    this.#clock = config.clock;
    this.#trace = config.trace ?? null;
    this.#log = new LogThrottle(config.log.child({ engine: config.engine, rank: config.rank }), config.clock);
    this.#options = { ...DEFAULT_INBOX, ...config.options };
    this.#session = new Session(config.replay !== null, config.options);
    const limits = { ...DEFAULT_TRANSPORT_LIMITS, ...config.options };
    const endpoint = parseEndpoint(config.events);
    this.#subscriber = new ZmqSubscriber(
      { endpoint, topic: config.topic, limits, random: this.#options.random },
      this.#liveEvents(),
    );
    this.#replay =
      config.replay === null ? null : new ReplayClient(parseEndpoint(config.replay), limits, this.#replayEvents());
  }

  /** Begins to connect; returns at once and never throws for an unreachable engine. */
  start(): void {
    this.#subscriber.start();
  }

  /** Closes both sockets and timers; afterwards the sink is not called any more. It does not purge the sink. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#scheduler.pendingBytes -= this.#inbox.bytes;
    await Promise.all([this.#subscriber.stop(), this.#replay?.stop()]);
  }

  /** As `status().connected`, at no price. */
  get connected(): boolean {
    return this.#session.isConnected;
  }

  /** As `status().credit`, at the price of a few comparisons. */
  credit(): number {
    return this.#session.credit(this.#clock.nowNs());
  }

  status(): FollowerStatus {
    return {
      ...this.#session.status(this.#clock.nowNs()),
      lastHeardNs: this.#lastHeardNs,
      receivedBytes: this.#subscriber.receivedBytes,
      foreignTopicMessages: this.#subscriber.foreignTopicMessages,
      queuedBatches: this.#inbox.count,
      lastError: this.#lastError?.message ?? null,
    };
  }

  /** One batch, from what is held or from the inbox. @internal called by the scheduler */
  step(): boolean {
    if (this.#stopped) return false;
    const session = this.#session;
    if (!session.isOpen && this.#applyHeld()) return true;
    if (!this.#inbox.take()) return false;
    const { payload } = this.#inbox;
    this.#scheduler.pendingBytes -= payload.length;
    if (this.#inbox.kind === ItemKind.live) {
      const verdict = session.accept(this.#inbox.owner, this.#inbox.seq, payload);
      this.#handle(verdict, payload);
      if (this.#trace !== null && verdict === Verdict.apply) this.#traceApplied(this.#trace);
    } else this.#takeNews();
    if (this.#paused) this.#resumeWhenDrained();
    return true;
  }

  #handle(verdict: Verdict, payload: Uint8Array): void {
    if (this.#session.hasActions) this.#runActions();
    if (verdict !== Verdict.apply) return;
    this.#session.settle(this.#sink.apply(payload));
    if (this.#session.hasActions) this.#runActions();
  }

  #traceApplied(trace: AppliedTrace): void {
    const { seq, receivedNs } = this.#inbox;
    if (trace.wants(seq)) trace.note(this, this.#session.lives, seq, receivedNs, this.#clock.nowNs());
  }

  #applyHeld(): boolean {
    const payload = this.#session.takeHeld();
    if (payload === null) this.#arm();
    this.#handle(payload === null ? Verdict.drop : Verdict.apply, payload ?? NO_BYTES);
    return payload !== null;
  }

  #takeNews(): void {
    const { kind, owner, seq, payload, text } = this.#inbox;
    const session = this.#session;
    if (kind === ItemKind.replayed) {
      this.#handle(session.acceptReplayed(owner, seq, payload), payload);
      return;
    }
    const nowNs = this.#clock.nowNs();
    if (kind === ItemKind.malformed) session.malformed();
    else if (kind === ItemKind.connected) session.connected(owner, nowNs);
    else if (kind === ItemKind.disconnected) session.disconnected(owner, text, nowNs);
    else if (kind === ItemKind.replayEnded) session.replayEnded(owner, nowNs);
    else session.replayFailed(owner, text, nowNs);
    this.#runActions();
    this.#arm();
  }

  #runActions(): void {
    for (const action of this.#session.takeActions()) {
      if (action.type === "purge") this.#sink.purge();
      else if (action.type === "log") this.#log.say(action.level, action.transition, action.message, action.fields);
      else if (action.type === "request-replay") this.#replay?.request(action.round, action.from);
      else this.#replay?.cancel();
    }
    this.#arm();
  }

  /** Sets the timer to the session's next deadline. */
  #arm(): void {
    const atNs = this.#session.deadlineNs;
    if (atNs === this.#timerAtNs || this.#stopped) return;
    this.#timerAtNs = atNs;
    clearTimeout(this.#timer);
    if (atNs === Number.POSITIVE_INFINITY) return;
    const ms = Math.min(MAX_TIMER_MS, Math.max(0, Math.ceil((atNs - this.#clock.nowNs()) / NS_PER_MS)));
    this.#timer = setTimeout(() => this.#tick(), ms);
    this.#timer.unref();
  }

  #tick(): void {
    this.#timerAtNs = Number.NaN;
    this.#session.tick(this.#clock.nowNs());
    this.#runActions();
    this.#wake();
  }

  #wake(): void {
    if (!this.#stopped) this.#scheduler.wake(this);
  }

  #put(kind: ItemKind, owner: number, text = ""): void {
    this.#inbox.putNews(kind, owner, text);
    this.#wake();
  }

  #putBatch(
    kind: typeof ItemKind.live | typeof ItemKind.replayed,
    owner: number,
    seq: number,
    payload: Uint8Array,
  ): void {
    if (this.#stopped) return;
    this.#inbox.putBatch(kind, owner, seq, payload, this.#lastHeardNs);
    this.#scheduler.pendingBytes += payload.length;
    this.#wake();
    if (!this.#paused && this.#isFull()) this.#pause();
  }

  #isFull(): boolean {
    const { count, bytes } = this.#inbox;
    if (count > this.#options.inboxBatches || bytes > this.#options.inboxBytes) return true;
    return bytes > SMALL_INBOX_BYTES && this.#scheduler.isOverBudget;
  }

  #pause(): void {
    const { count, bytes } = this.#inbox;
    this.#paused = true;
    this.#log.say(
      "info",
      "backpressure",
      `${count} batches (${bytes} bytes) wait to be applied: not reading for a while`,
    );
    this.#subscriber.pause();
    this.#replay?.pause();
  }

  #resumeWhenDrained(): void {
    const { inboxBatches, inboxBytes } = this.#options;
    const { count, bytes } = this.#inbox;
    if (count > inboxBatches / 2 || bytes > inboxBytes / 2) return;
    if (bytes > SMALL_INBOX_BYTES / 2 && this.#scheduler.isOverBudget) return;
    this.#paused = false;
    this.#subscriber.resume();
    this.#replay?.resume();
  }

  #liveEvents(): ConstructorParameters<typeof ZmqSubscriber>[1] {
    return {
      connected: (connection) => this.#put(ItemKind.connected, connection),
      disconnected: (connection, reason) => {
        this.#lastError = reason;
        this.#put(ItemKind.disconnected, connection, reason.message);
      },
      unreachable: (reason) => {
        if (reason.message !== this.#lastError?.message) {
          this.#log.say("warn", "unreachable", `cannot follow the events: ${reason.message}; trying again`, {
            code: reason.code,
          });
        }
        this.#lastError = reason;
      },
      batch: (connection, seq, payload) => this.#putBatch(ItemKind.live, connection, seq, payload),
      malformed: (connection, reason) => {
        this.#log.say("warn", "malformed-message", reason);
        this.#put(ItemKind.malformed, connection);
      },
      heard: () => {
        this.#lastHeardNs = this.#clock.nowNs();
        this.#session.heard(this.#lastHeardNs);
      },
    };
  }

  #replayEvents(): ConstructorParameters<typeof ReplayClient>[2] {
    return {
      batch: (round, seq, payload) => this.#putBatch(ItemKind.replayed, round, seq, payload),
      malformed: (round, reason) => {
        this.#log.say("warn", "malformed-replay", reason);
        this.#put(ItemKind.malformed, round);
      },
      ended: (round) => this.#put(ItemKind.replayEnded, round),
      failed: (round, reason) => this.#put(ItemKind.replayFailed, round, reason.message),
    };
  }
}

/** What a stream may always keep waiting, however full the others are. */
const SMALL_INBOX_BYTES = 256 * 1024;
const NO_BYTES = new Uint8Array(0);
