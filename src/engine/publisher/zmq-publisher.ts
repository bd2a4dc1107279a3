/**
 * vLLM's ZmqEventPublisher over the real libzmq: one PUB socket, one ROUTER socket for replay, and one loop that serves
 * both, so that a replay holds live batches back. Source: vllm/distributed/kv_events.py, `_publisher_thread`.
 *
 * One turn of the loop: look at the replay socket once, take one batch from the queue (an idle loop waits up to
 * `replayPollMs` for one), number it, encode it, write its ledger record, send it, keep it for replay.
 */
import type { Publisher, Router } from "zeromq";
import { type Deferred, deferred, delay, withTimeout } from "../../base/async.js";
import type { Clock } from "../../base/clock.js";
import { asError } from "../../base/errors.js";
import type { LedgerRecord } from "../../base/ledger.js";
import type { Logger } from "../../base/log.js";
import type { KvEventBatch } from "../../protocol/kv-event.js";
import type { CacheActivity } from "../cache/engine-types.js";
import type { LedgerWriter } from "../ledger-writer.js";
import type { EventPublisher, StampedBatch } from "./event-publisher.js";
import type { PublisherCore } from "./publisher-core.js";
import { QuirkQueue } from "./quirk-queue.js";
import { distortEvents, distortPayload, markChanges, type QuirkKind } from "./quirks.js";

/** vLLM's `time.sleep(0.1)` after a batch that could not be encoded or sent; ours also after a ledger that is not writable. */
const BACK_OFF_MS = 100;
/** vLLM's SHUTDOWN_TIMEOUT. */
const DRAIN_TIMEOUT_MS = 1000;
/** How long one burst of replay replies may keep the process from its other work. */
const REPLAY_SLICE_MS = 8;

export interface ZmqPublisherParts {
  readonly core: PublisherCore;
  readonly pub: Publisher;
  readonly replay: Router | null;
  readonly ledger: LedgerWriter;
  readonly clock: Clock;
  readonly log: Logger;
  readonly engine: string;
  readonly epoch: number;
  readonly rank: number;
  readonly replayPollMs: number;
  readonly maxQueue: number;
  /** `ts` of a batch, taken when it is queued (when the engine's step builds it). */
  readonly eventSeconds: () => number;
}

interface Queued {
  readonly batch: KvEventBatch;
  /** True time at which its `ts` was taken. */
  readonly wall: number;
  readonly activity: CacheActivity;
  readonly onSent: ((seq: number) => void) | undefined;
}

export class ZmqPublisher implements EventPublisher {
  readonly quirks = new QuirkQueue();
  readonly #parts: ZmqPublisherParts;
  readonly #queue: Queued[] = [];
  #head = 0;
  #published = 0;
  #lastBatch: StampedBatch | null = null;
  /** The loop is inside a turn that spans more than one tick (a replay or a back-off). */
  #busy = false;
  #closing = false;
  #idleTimer: NodeJS.Timeout | undefined;
  #room: Deferred<void> | undefined;
  #drained: Deferred<void> | undefined;

  constructor(parts: ZmqPublisherParts) {
    this.#parts = parts;
    this.#waitIdle();
  }

  get published(): number {
    return this.#published;
  }

  get lastBatch(): StampedBatch | null {
    return this.#lastBatch;
  }

  publish(activity: CacheActivity, onSent?: (seq: number) => void): void {
    const batch = { ts: this.#parts.eventSeconds(), events: activity.events, rank: this.#parts.rank };
    this.#queue.push({ batch, wall: this.#parts.clock.wallSeconds(), activity, onSent });
    if (this.#busy) return;
    clearTimeout(this.#idleTimer);
    this.#run(false);
  }

  whenRoom(): Promise<void> | undefined {
    if (this.#waiting < this.#parts.maxQueue) return undefined;
    this.#room ??= deferred();
    return this.#room.promise;
  }

  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    clearTimeout(this.#idleTimer);
    if (this.#busy || this.#waiting > 0) {
      this.#drained = deferred();
      await withTimeout(this.#drained.promise, DRAIN_TIMEOUT_MS, "the event queue to drain").catch(
        (thrown: unknown) => {
          this.#parts.log.warn({ waiting: this.#waiting }, asError(thrown).message);
        },
      );
    }
    this.#queue.length = 0;
    this.#head = 0;
    this.#parts.pub.close();
    this.#parts.replay?.close();
  }

  get #waiting(): number {
    return this.#queue.length - this.#head;
  }

  /** Turns of the loop until the queue is empty or a turn has to wait. `poll` = begin with the look at the replay socket. */
  #run(poll: boolean): void {
    for (let look = poll; ; look = true) {
      if (this.#parts.pub.closed) return;
      if (look && this.#parts.replay?.readable === true) return this.#detach(this.#serveReplay(this.#parts.replay));
      const next = this.#take();
      if (next === undefined) return this.#closing ? this.#drained?.resolve() : this.#waitIdle();
      if (!this.#send(next)) return this.#detach(delay(BACK_OFF_MS));
    }
  }

  #waitIdle(): void {
    if (this.#parts.replay === null) return;
    this.#idleTimer = setTimeout(() => this.#run(true), this.#parts.replayPollMs);
  }

  /** Holds the loop until `work` is done; new batches queue up meanwhile. */
  #detach(work: Promise<void>): void {
    this.#busy = true;
    void work
      .catch((thrown: unknown) =>
        this.#parts.log.error({ error: asError(thrown).message }, "the publisher's turn failed"),
      )
      .then(() => {
        this.#busy = false;
        this.#run(false);
      });
  }

  #take(): Queued | undefined {
    const next = this.#queue[this.#head];
    if (next === undefined) {
      this.#queue.length = 0;
      this.#head = 0;
      return undefined;
    }
    this.#head++;
    if (this.#room !== undefined && this.#waiting < this.#parts.maxQueue) {
      this.#room.resolve();
      this.#room = undefined;
    }
    return next;
  }

  /** One batch: number, bytes, ledger, socket. False = the loop must back off. */
  #send(next: Queued): boolean {
    const quirk = this.quirks.takeFor(next.activity.events);
    const seq = this.#parts.core.nextSeq;
    const payload = quirk === "burn-seq" ? null : this.#payload(next.batch, quirk);
    const wire = payload === null ? "burnt" : quirk === "garbled-batch" ? "garbled" : undefined;
    try {
      this.#record(seq, quirk === null ? next.activity.ledger : markChanges(quirk, next.activity.ledger), wire);
    } catch (thrown) {
      // Nothing leaves that the ledger does not know: the batch keeps its place and is tried again.
      this.#head--;
      this.#parts.log.error({ seq, error: asError(thrown).message }, "the ledger cannot be written; batches wait");
      if (quirk !== null) this.quirks.arm(quirk, 1);
      return false;
    }
    if (payload === null) this.#parts.core.burn();
    else this.#emit(this.#parts.pub, this.#parts.core.admit(payload));
    this.#published++;
    this.#lastBatch = { seq, ts: next.batch.ts, wall: next.wall };
    next.onSent?.(seq);
    return payload !== null || quirk === "burn-seq";
  }

  /** null = not encodable in this dialect: vLLM logs it and loses the batch, its sequence number included. */
  #payload(batch: KvEventBatch, quirk: QuirkKind | null): Uint8Array | null {
    try {
      if (quirk === null) return this.#parts.core.encode(batch);
      return distortPayload(quirk, this.#parts.core.encode({ ...batch, events: distortEvents(quirk, batch.events) }));
    } catch (thrown) {
      this.#parts.log.error(
        { error: asError(thrown).message },
        "batch not encodable in this dialect; its number is burnt",
      );
      return null;
    }
  }

  #record(seq: number, changes: LedgerRecord["changes"], wire: LedgerRecord["wire"]): void {
    const { engine, epoch, rank, ledger, clock } = this.#parts;
    const record = { engine, epoch, rank, seq, at_ns: clock.nowNs(), changes };
    ledger.append(wire === undefined ? record : { ...record, wire });
  }

  /** The sockets have send timeout 0: libzmq takes the message or drops it before `send` returns, as `zmq_send` does. */
  #emit(socket: Publisher | Router, frames: readonly Uint8Array[]): void {
    socket.send(frames as Uint8Array[]).catch((thrown: unknown) => {
      this.#parts.log.error({ error: asError(thrown).message }, "libzmq did not take a message");
    });
  }

  async #serveReplay(router: Router): Promise<void> {
    const request = this.#parts.core.readRequest(await router.receive());
    if (request.kind === "ignored") {
      this.#parts.log.warn({ reason: request.reason }, "Invalid replay request");
      return;
    }
    let sliceEnd = performance.now() + REPLAY_SLICE_MS;
    for (const reply of this.#parts.core.replay(request.client, request.start)) {
      if (router.closed) return;
      this.#emit(router, reply);
      if (performance.now() < sliceEnd) continue;
      await new Promise<void>((resolve) => void setImmediate(resolve));
      sliceEnd = performance.now() + REPLAY_SLICE_MS;
    }
  }
}
