/**
 * Everything one session knows. The functions beside this file change it; they are grouped by what happens:
 * live.ts (a live batch), replay.ts (a replay answer), life.ts (connections, lives, purges), flow.ts (when to let go again).
 */
import type { StreamState } from "../ports.js";
import type { SessionAction } from "./actions.js";
import { HeldBatches } from "./held-batches.js";
import type { Incomplete } from "./incomplete.js";
import type { SessionOptions } from "./options.js";
import { RecentBatches } from "./recent-batches.js";
import { UndecodableBatches } from "./undecodable-batches.js";

/** `next` when any number is as good as another: nothing is known before it. */
export const ANY = -1;
/** A time that never comes. */
export const NEVER = Number.POSITIVE_INFINITY;

/** One request to the replay endpoint and what came of it. */
export interface ReplayRound {
  readonly id: number;
  /** sync = live batches wait for it · audit = is my last batch still yours? · rebuild = can the missing part be had by now? */
  kind: "sync" | "audit" | "rebuild";
  readonly from: number;
  /** Bytes that batch `proofSeq` must have if the publisher still lives the same life; null = nothing to prove (any more). */
  proof: Uint8Array | null;
  readonly proofSeq: number;
  replies: number;
  /** Batches applied from it. */
  brought: number;
  /** Highest number it sent. */
  highest: number;
  /** The number that was next came undecodable. */
  damaged: boolean;
}

export interface RoundOutcome {
  /** END arrived. It proves nothing by itself. */
  readonly ended: boolean;
  /** At least one batch or END came. */
  readonly answered: boolean;
  readonly brought: number;
  readonly highest: number;
  /** It had the number that is missing, but nobody could read it. */
  readonly damaged: boolean;
  /** Why it failed, when it did. */
  readonly reason: string;
}

export interface SessionCounters {
  received: number;
  applied: number;
  duplicate: number;
  rejected: number;
  dropped: number;
  appliedEvents: number;
  malformedEvents: number;
  unknownEvents: number;
  blockOperations: number;
  gaps: number;
  missing: number;
  replays: number;
  replayFailures: number;
  replayed: number;
  audits: number;
  purges: number;
  connects: number;
  sheds: number;
  lives: number;
}

export interface SessionState {
  readonly options: SessionOptions;
  readonly hasReplay: boolean;
  readonly counters: SessionCounters;
  readonly held: HeldBatches;
  readonly recent: RecentBatches;
  readonly undecodable: UndecodableBatches;
  actions: SessionAction[];
  state: StreamState;
  /** Id of the connection whose frames count; the latest one. */
  connection: number;
  connected: boolean;
  /** In-order live batches go straight through: connected, flowing, nothing held. The hot path asks only this and `next`. */
  open: boolean;
  /** The number that must come next, or ANY. */
  next: number;
  /** The last applied batch of this life: number (-1 = none) and bytes, the token of the continuity proof. */
  lastSeq: number;
  lastPayload: Uint8Array | null;
  /** True from reconnect (or a number going backwards) until the publisher has shown `lastPayload` again. */
  unproven: boolean;
  /** Reconnected without replay: the next batch 0 is a new life. */
  restartPossible: boolean;
  /** True when something was applied since the last purge. */
  dirty: boolean;
  incomplete: Incomplete | null;
  /** Highest live number of this connection while batches are held back; -1 = none. */
  highestSeen: number;
  round: ReplayRound | null;
  outcome: RoundOutcome | null;
  roundIds: number;
  /** Rounds in a row without a batch that could be applied, and when the first of them was over. */
  attempts: number;
  firstFailureNs: number;
  /** The number that is missing, and how often the publisher failed to send it so that it could be read. */
  strikes: { seq: number; count: number };
  /** Replay gave up; gaps are not worth waiting for until it answers again. */
  replayDown: boolean;
  retryAtNs: number;
  auditAtNs: number;
  auditIntervalMs: number;
  /** `next` when the audit was last put off: unchanged = the stream is idle. */
  auditNext: number;
  rebuildAtNs: number;
  rebuildIntervalMs: number;
  rebuildsLeft: number;
  /** The latest time that any input told. */
  nowNs: number;
  /** When the order of the stream was last known to be whole. */
  verifiedNs: number;
  lostNs: number;
  creditWhenLost: number;
  /** The batch handed out for applying, until it is settled. */
  offeredSeq: number;
  offeredPayload: Uint8Array | null;
  offeredByReplay: boolean;
}

function noCounters(): SessionCounters {
  return {
    received: 0,
    applied: 0,
    duplicate: 0,
    rejected: 0,
    dropped: 0,
    appliedEvents: 0,
    malformedEvents: 0,
    unknownEvents: 0,
    blockOperations: 0,
    gaps: 0,
    missing: 0,
    replays: 0,
    replayFailures: 0,
    replayed: 0,
    audits: 0,
    purges: 0,
    connects: 0,
    sheds: 0,
    lives: 1,
  };
}

export function newSessionState(options: SessionOptions, hasReplay: boolean): SessionState {
  return {
    options,
    hasReplay,
    counters: noCounters(),
    held: new HeldBatches(options.heldBatchesMax, options.heldBytesMax),
    recent: new RecentBatches(),
    undecodable: new UndecodableBatches(),
    actions: [],
    state: "cold",
    connection: 0,
    connected: false,
    open: false,
    next: 0,
    lastSeq: -1,
    lastPayload: null,
    unproven: false,
    restartPossible: false,
    dirty: false,
    incomplete: null,
    highestSeen: -1,
    round: null,
    outcome: null,
    roundIds: 0,
    attempts: 0,
    firstFailureNs: 0,
    strikes: { seq: -1, count: 0 },
    replayDown: false,
    retryAtNs: NEVER,
    auditAtNs: NEVER,
    auditIntervalMs: options.auditMinMs,
    auditNext: 0,
    rebuildAtNs: NEVER,
    rebuildIntervalMs: options.rebuildMinMs,
    rebuildsLeft: 0,
    nowNs: 0,
    verifiedNs: 0,
    lostNs: 0,
    creditWhenLost: 0,
    offeredSeq: -1,
    offeredPayload: null,
    offeredByReplay: false,
  };
}

export function isFlowing(s: SessionState): boolean {
  return s.state === "live" || s.state === "partial";
}

export function isHolding(s: SessionState): boolean {
  return s.state === "catching-up" || s.state === "gapped";
}

/** Whether asking for a replay is worth the wait. */
export function canReplay(s: SessionState): boolean {
  return s.hasReplay && !s.replayDown;
}

export function note(
  s: SessionState,
  level: "debug" | "info" | "warn",
  transition: string,
  message: string,
  fields: Record<string, number | string> = {},
): void {
  s.actions.push({ type: "log", level, transition, message, fields });
}
