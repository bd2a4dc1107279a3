/**
 * One state machine per (engine, rank): it decides which batches may be applied, in which order, and when the picture of an
 * engine has to be thrown away. Pure: time comes in, {@link SessionAction}s come out; no clock, no socket.
 *
 *   cold ──connected──▶ catching-up ──replay reaches the live stream──▶ live ──a number is missing──▶ gapped ──replayed──▶ live
 *                           ▲                                            │ └──────── lost for good: purged ──▶ partial
 *                           └── connected ── stale ◀── connection lost ──┘
 *
 * The driver's side of the contract, after every input: run `takeActions()` in order, then apply the batch if the verdict
 * was `apply` and `settle` it, then, unless `isOpen`, do the same with `takeHeld()` until that is null. Payloads are kept
 * (the last one, and held ones), so their bytes must not change afterwards.
 *
 * Sources of the rules: vllm/distributed/kv_events.py (sequence per process from 0, ring, END), and what libzmq's PUB and
 * ROUTER lose silently.
 */
import type { ApplyResult, StreamStatus } from "../ports.js";
import { type SessionAction, Verdict } from "./actions.js";
import { creditOf } from "./credit.js";
import { poisoned, takeHeld } from "./flow.js";
import { connected, disconnected } from "./life.js";
import { acceptLive } from "./live.js";
import { DEFAULT_SESSION_OPTIONS, type SessionOptions } from "./options.js";
import { acceptReplayed, replayEnded, replayFailed } from "./replay.js";
import { newSessionState, note, type SessionState } from "./state.js";
import { deadlineNs, tick } from "./timers.js";

/** What the session itself knows of the stream's status; `lastHeardNs` and `receivedBytes` are the transport's. */
export interface SessionStatus extends Omit<StreamStatus, "lastHeardNs" | "receivedBytes"> {
  /** Times that held batches were shed because a limit was reached. */
  readonly sheds: number;
  /** Times that the idle stream was checked against the publisher. */
  readonly audits: number;
}

export class Session {
  readonly #s: SessionState;

  constructor(hasReplay: boolean, options: Partial<SessionOptions> = {}) {
    this.#s = newSessionState({ ...DEFAULT_SESSION_OPTIONS, ...options }, hasReplay);
  }

  /** Connection `connection` (a number never used before) is subscribed; frames of earlier ones no longer count. */
  connected(connection: number, ns: number): void {
    connected(this.#s, connection, ns);
  }

  disconnected(connection: number, reason: string, ns: number): void {
    disconnected(this.#s, connection, reason, ns);
  }

  /** Bytes arrived; tells the time once per read, so that batches need not. */
  heard(ns: number): void {
    this.#s.nowNs = ns;
  }

  /** A live batch. The in-order batch on an open stream is the hot path and costs three comparisons. */
  accept(connection: number, seq: number, payload: Uint8Array): Verdict {
    const s = this.#s;
    if (!s.open || seq !== s.next || connection !== s.connection) return acceptLive(s, connection, seq, payload);
    s.counters.received++;
    s.offeredSeq = seq;
    s.offeredPayload = payload;
    s.offeredByReplay = false;
    return Verdict.apply;
  }

  /** A batch that answers the replay request `round`. */
  acceptReplayed(round: number, seq: number, payload: Uint8Array): Verdict {
    return acceptReplayed(this.#s, round, seq, payload);
  }

  /** END of a replay. */
  replayEnded(round: number, ns: number): void {
    replayEnded(this.#s, round, ns);
  }

  replayFailed(round: number, reason: string, ns: number): void {
    replayFailed(this.#s, round, reason, ns);
  }

  /** A message without a readable sequence number: counted, and noticed as a gap by the next one. */
  malformed(): void {
    this.#s.counters.received++;
    this.#s.counters.rejected++;
  }

  /** Tells what applying the batch did that was handed out last. */
  settle(result: ApplyResult): void {
    const s = this.#s;
    const seq = s.offeredSeq;
    const payload = s.offeredPayload as Uint8Array;
    s.offeredPayload = null;
    if (result.rejected) {
      // What came before the damage has been applied.
      if (result.events > 0) s.dirty = true;
      poisoned(s, seq, payload);
      return;
    }
    const counters = s.counters;
    counters.applied++;
    counters.appliedEvents += result.events;
    counters.malformedEvents += result.malformedEvents;
    counters.unknownEvents += result.unknownEvents;
    counters.blockOperations += result.blocks;
    if (result.malformedEvents + result.unknownEvents > 0) noteSkipped(s, seq, result);
    s.next = seq + 1;
    s.lastSeq = seq;
    s.lastPayload = payload;
    s.dirty = true;
    s.recent.remember(seq, payload);
    if (!s.offeredByReplay) return;
    counters.replayed++;
    if (s.round !== null) s.round.brought++;
  }

  /** The next held batch whose turn has come, handed out for applying; null = none. */
  takeHeld(): Uint8Array | null {
    return takeHeld(this.#s);
  }

  /** True while in-order live batches go straight through; then there is nothing to take or to run. */
  get isOpen(): boolean {
    return this.#s.open;
  }

  get hasActions(): boolean {
    return this.#s.actions.length > 0;
  }

  takeActions(): readonly SessionAction[] {
    const actions = this.#s.actions;
    this.#s.actions = [];
    return actions;
  }

  tick(ns: number): void {
    tick(this.#s, ns);
  }

  /** When the next `tick` is due; infinite = not before another input. */
  get deadlineNs(): number {
    return deadlineNs(this.#s);
  }

  /** As `status().credit`, without the rest: routing asks for it per engine and request. */
  credit(nowNs: number): number {
    return creditOf(this.#s, nowNs);
  }

  /** As `status().connected`. */
  get isConnected(): boolean {
    return this.#s.connected;
  }

  /** As `status().lives`. */
  get lives(): number {
    return this.#s.counters.lives;
  }

  status(nowNs: number): SessionStatus {
    return statusOf(this.#s, nowNs);
  }
}

function statusOf(s: SessionState, nowNs: number): SessionStatus {
  const c = s.counters;
  return {
    state: s.state,
    connected: s.connected,
    lastSeq: s.lastSeq,
    lives: c.lives,
    receivedBatches: c.received,
    appliedBatches: c.applied,
    duplicateBatches: c.duplicate,
    rejectedBatches: c.rejected,
    droppedBatches: c.dropped,
    heldBatches: s.held.count,
    appliedEvents: c.appliedEvents,
    malformedEvents: c.malformedEvents,
    unknownEvents: c.unknownEvents,
    blockOperations: c.blockOperations,
    gaps: c.gaps,
    missingBatches: c.missing,
    replays: c.replays,
    replayFailures: c.replayFailures,
    replayedBatches: c.replayed,
    purges: c.purges,
    reconnects: Math.max(0, c.connects - 1),
    credit: creditOf(s, nowNs),
    sheds: c.sheds,
    audits: c.audits,
  };
}

/** Events that were passed over cost themselves alone; but somebody publishes them, and should hear of it. */
function noteSkipped(s: SessionState, seq: number, { malformedEvents, unknownEvents }: ApplyResult): void {
  if (malformedEvents > 0) {
    note(s, "warn", "malformed-event", `batch ${seq}: ${malformedEvents} malformed events skipped, the rest applied`, {
      seq,
    });
  }
  if (unknownEvents > 0) {
    note(s, "info", "unknown-event", `batch ${seq}: ${unknownEvents} events of unknown type passed over`, { seq });
  }
}
