/** Connections, lives of the publisher, and the purges between them. */
import { NS_PER_MS } from "../../base/clock.js";
import { creditOf } from "./credit.js";
import { type Loss, withLoss } from "./incomplete.js";
import { cancelRound, startSync } from "./rounds.js";
import { ANY, isFlowing, isHolding, NEVER, note, type SessionState } from "./state.js";

export function purge(s: SessionState, reason: string): void {
  if (!s.dirty) return;
  s.dirty = false;
  s.counters.purges++;
  s.actions.push({ type: "purge", reason });
}

/** From now on live batches wait. */
export function beginHolding(s: SessionState, state: "catching-up" | "gapped"): void {
  s.state = state;
  s.open = false;
  s.highestSeen = s.held.lastSeq;
}

/** From now on live batches flow; what is still held flows first. */
export function beginFlowing(s: SessionState): void {
  const was = s.state;
  const heard = !isHolding(s) || s.highestSeen >= 0;
  if (isHolding(s)) cancelRound(s);
  s.state = s.incomplete === null ? "live" : "partial";
  s.open = s.held.count === 0;
  s.attempts = 0;
  s.retryAtNs = NEVER;
  s.outcome = null;
  s.unproven = false;
  s.verifiedNs = s.nowNs;
  s.auditNext = s.next;
  s.auditIntervalMs = heard ? s.options.auditMinMs : s.options.joinAuditMs;
  s.auditAtNs = s.nowNs + s.auditIntervalMs * NS_PER_MS;
  if (was !== s.state) {
    note(s, "debug", s.state, `${s.state} at batch ${s.lastSeq}`, { last_seq: s.lastSeq });
  }
}

export function markIncomplete(s: SessionState, loss: Loss): void {
  if (isFlowing(s)) s.state = "partial";
  s.incomplete = withLoss(s.incomplete, loss);
  s.rebuildIntervalMs = s.options.rebuildMinMs;
  s.rebuildsLeft = {
    blind: 0,
    damaged: Number.POSITIVE_INFINITY,
    history: REBUILD_TRIES,
    lost: REBUILD_TRIES,
    poison: REBUILD_TRIES,
    unavailable: Number.POSITIVE_INFINITY,
  }[s.incomplete.reason];
  s.rebuildAtNs = s.hasReplay && s.rebuildsLeft > 0 ? s.nowNs + s.rebuildIntervalMs * NS_PER_MS : NEVER;
}

/** Times to ask for what was lost. An answer without it proves little: that very replay may have lost it, too. */
const REBUILD_TRIES = 5;

export function markComplete(s: SessionState): void {
  s.incomplete = null;
  s.rebuildsLeft = 0;
  s.rebuildAtNs = NEVER;
  if (isFlowing(s)) s.state = "live";
}

/** Nothing of the old life counts any more; the ring of the publisher is to be read from its beginning. */
export function forgetLife(s: SessionState, reason: string): void {
  purge(s, reason);
  s.lastSeq = -1;
  s.lastPayload = null;
  s.unproven = false;
  s.next = 0;
  s.recent.clear();
  s.undecodable.clear();
  s.attempts = 0;
  s.strikes = { seq: -1, count: 0 };
  markComplete(s);
}

/** The publisher is not the one whose batches were applied: purge and rebuild from 0. */
export function beginNewLife(s: SessionState, evidence: string): void {
  note(s, "warn", "new-life", `the publisher restarted (${evidence}): purging and rebuilding from batch 0`, {
    last_seq: s.lastSeq,
    life: s.counters.lives + 1,
  });
  forgetLife(s, `publisher restarted: ${evidence}`);
  s.counters.lives++;
  beginHolding(s, "catching-up");
  startSync(s);
}

/** Batches `s.next` .. `at - 1` are not to be had: the stream goes on from `at` and says that it is incomplete. */
function skip(s: SessionState, at: number, reason: Loss["reason"], how: string): void {
  const from = Math.max(0, s.next);
  note(s, "warn", "skipped", `${rangeText(from, at)} lost (${how}); going on from ${at} as partial`, {
    from,
    to: at - 1,
  });
  s.next = at;
  // The publisher answered: that it lacks these numbers says nothing against asking it for others.
  s.attempts = 0;
  s.strikes = { seq: -1, count: 0 };
  markIncomplete(s, reason === "unavailable" ? { reason, from: 0, until: NEVER } : { reason, from, until: at });
}

/** As {@link skip}; the lost batches may have removed blocks, so nothing from before them is believed any more. */
export function purgeAndSkip(s: SessionState, at: number, reason: Loss["reason"], how: string): void {
  purge(s, `${rangeText(Math.max(0, s.next), at)} lost: ${how}`);
  skip(s, at, reason, `${how}; purged`);
}

/** An undecodable batch costs that batch: what was known stays, under the mark, for as long as a readable copy may be had. */
export function skipPoison(s: SessionState, seq: number, by: "poison" | "damaged"): void {
  s.next = seq;
  // While replay is down, a good copy may be had later.
  if (s.hasReplay) skip(s, seq + 1, s.replayDown ? "unavailable" : by, "undecodable");
  else purgeAndSkip(s, seq + 1, "blind", "undecodable, and there is no replay endpoint");
}

export function rangeText(from: number, until: number): string {
  return until - from === 1 ? `batch ${from} is` : `batches ${from}..${until - 1} (${until - from}) are`;
}

/** Replay does not answer: what is held (or comes) is taken as it is, as partial, and replay is tried again now and then. */
export function giveUpReplay(s: SessionState, why: string): void {
  cancelRound(s);
  note(
    s,
    "warn",
    "replay-unavailable",
    `gave up on replay after ${s.attempts} attempts (${why}): purging, going on as partial`,
    {
      attempts: s.attempts,
      held: s.held.count,
    },
  );
  purge(s, `replay is unavailable: ${why}`);
  if (s.unproven) s.recent.clear();
  s.lastSeq = -1;
  s.lastPayload = null;
  s.next = s.held.count > 0 ? s.held.firstSeq : ANY;
  s.replayDown = true;
  if (s.next === 0) markComplete(s);
  else markIncomplete(s, { reason: "unavailable", from: 0, until: NEVER });
  beginFlowing(s);
}

export function connected(s: SessionState, connection: number, ns: number): void {
  s.nowNs = ns;
  s.connection = connection;
  s.connected = true;
  s.counters.connects++;
  s.replayDown = false;
  s.attempts = 0;
  s.strikes = { seq: -1, count: 0 };
  if (!s.hasReplay) {
    connectedBlind(s);
    return;
  }
  if (s.lastSeq < 0 || s.incomplete?.reason === "unavailable") forgetLife(s, "rebuilding from batch 0");
  s.unproven = s.lastSeq >= 0;
  beginHolding(s, "catching-up");
  startSync(s);
}

/** Without replay a restart during the break cannot be excluded, nor can lost batches. */
function connectedBlind(s: SessionState): void {
  if (s.dirty)
    note(
      s,
      "warn",
      "reconnected-blind",
      "reconnected without a replay endpoint: purging, a restart cannot be excluded",
    );
  forgetLife(s, "reconnected without a replay endpoint");
  s.next = ANY;
  s.restartPossible = s.counters.connects > 1;
  markIncomplete(s, { reason: "blind", from: 0, until: NEVER });
  beginFlowing(s);
}

export function disconnected(s: SessionState, connection: number, reason: string, ns: number): void {
  if (!s.connected || connection !== s.connection) return;
  s.nowNs = ns;
  cancelRound(s);
  s.creditWhenLost = creditOf(s, ns);
  s.lostNs = ns;
  s.connected = false;
  s.open = false;
  s.state = "stale";
  s.retryAtNs = NEVER;
  const dropped = s.held.clear();
  s.counters.dropped += dropped;
  note(s, "warn", "stale", `connection lost (${reason}) after batch ${s.lastSeq}; ${dropped} held batches dropped`, {
    last_seq: s.lastSeq,
    dropped,
  });
}
