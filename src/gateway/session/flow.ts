/** From holding back to flowing again: draining what is held, judging what a replay round brought. */
import { NS_PER_MS } from "../../base/clock.js";
import { beginFlowing, beginHolding, giveUpReplay, purgeAndSkip, rangeText, skipPoison } from "./life.js";
import { retryLater, startSync } from "./rounds.js";
import { ANY, canReplay, isFlowing, isHolding, NEVER, note, type RoundOutcome, type SessionState } from "./state.js";

/** Hands a batch out for applying. */
export function offer(s: SessionState, seq: number, payload: Uint8Array, byReplay: boolean): void {
  s.offeredSeq = seq;
  s.offeredPayload = payload;
  s.offeredByReplay = byReplay;
}

/** Numbers `next` .. `seq - 1` are missing while flowing: hold and ask, or, where nobody can be asked, purge and mark. */
export function gapBefore(s: SessionState, seq: number): void {
  const missing = seq - s.next;
  s.counters.gaps++;
  s.counters.missing += missing;
  if (!canReplay(s)) {
    purgeAndSkip(s, seq, s.hasReplay ? "unavailable" : "blind", s.hasReplay ? "replay is down" : "no replay endpoint");
    return;
  }
  note(s, "info", "gap", `gap: ${rangeText(s.next, seq)} missing before ${seq}; asking for replay`, {
    missing,
    next_seq: s.next,
  });
  beginHolding(s, "gapped");
}

/** The next held batch whose turn it is, handed out for applying; null = none now. */
export function takeHeld(s: SessionState): Uint8Array | null {
  for (;;) {
    while (s.held.count > 0 && !s.unproven) {
      const seq = s.held.firstSeq;
      if (seq < s.next) {
        s.held.shift();
        s.counters.duplicate++;
      } else if (seq === s.next) {
        const payload = s.held.shift();
        offer(s, seq, payload, false);
        return payload;
      } else if (isFlowing(s)) gapBefore(s, seq);
      else break;
    }
    if (!settleState(s)) return null;
  }
}

/** Nothing can be drained: flow, wait, or ask again. True = the position moved, look at the held batches once more. */
function settleState(s: SessionState): boolean {
  if (isFlowing(s)) s.open = s.held.count === 0;
  if (!isHolding(s)) return false;
  // The live stream has been reached without a hole: that is proof enough, whether END came or not.
  if (!s.unproven && s.highestSeen >= 0 && s.next > s.highestSeen && s.held.count === 0) {
    beginFlowing(s);
    return false;
  }
  if (s.round !== null || s.retryAtNs !== NEVER) return false;
  const outcome = s.outcome;
  s.outcome = null;
  if (outcome === null) startSync(s);
  else return judgeRound(s, outcome);
  return false;
}

/** A round is over and the stream is not whole yet. */
function judgeRound(s: SessionState, outcome: RoundOutcome): boolean {
  if (outcome.brought > 0) s.attempts = 0;
  else if (s.attempts++ === 0) s.firstFailureNs = s.nowNs;
  if (!s.unproven) {
    const missing = s.held.count > 0 || s.highestSeen >= s.next || outcome.highest >= s.next;
    if (!missing && (outcome.ended || (outcome.answered && s.attempts >= QUIET_ROUNDS))) {
      beginFlowing(s);
      return false;
    }
    if (outcome.ended && !outcome.damaged && outcome.highest > s.next && s.held.count > 0 && strike(s)) {
      purgeAndSkip(
        s,
        s.held.firstSeq,
        "lost",
        `the publisher replayed later ones ${s.strikes.count} times, but not these`,
      );
      return true;
    }
  }
  if (isOutOfPatience(s)) {
    giveUpReplay(s, outcome.ended ? `it ends before batch ${s.held.firstSeq}, which was published` : outcome.reason);
    return true;
  }
  if (outcome.brought > 0) startSync(s);
  else retryLater(s);
  return false;
}

function isOutOfPatience(s: SessionState): boolean {
  if (s.attempts > s.options.replayAttemptsMax) return true;
  return s.attempts > 1 && s.nowNs - s.firstFailureNs >= s.options.replayPatienceMs * NS_PER_MS;
}

/** One more round without the number that is next. True = often enough. */
function strike(s: SessionState): boolean {
  if (s.strikes.seq !== s.next) s.strikes = { seq: s.next, count: 0 };
  s.strikes.count++;
  return s.strikes.count >= s.options.holeStrikesMax;
}

/**
 * The batch was undecodable. The link may have damaged it, so ask for it again, until the publisher sends the same bytes (then
 * replay.ts skips them) or has been asked often enough. What a sink applied of it before the damage showed, it does not apply
 * again (ports.ts).
 */
export function poisoned(s: SessionState, seq: number, payload: Uint8Array): void {
  s.counters.rejected++;
  s.undecodable.remember(seq, payload);
  const strikes = s.strikes.seq === seq ? s.strikes.count : 0;
  // Only a replayed copy speaks for the publisher.
  s.strikes = { seq, count: strikes + (s.offeredByReplay ? 1 : 0) };
  if (s.offeredByReplay && s.round !== null) s.round.damaged = true;
  if (!canReplay(s) || s.strikes.count >= s.options.holeStrikesMax) {
    skipPoison(s, seq, "damaged");
    return;
  }
  note(s, "warn", "undecodable", `batch ${seq} is undecodable (${payload.length} bytes); asking for it again`, { seq });
  if (s.next === ANY) s.next = seq;
  if (!isFlowing(s)) return;
  beginHolding(s, "gapped");
  s.highestSeen = Math.max(s.highestSeen, seq);
}

/** Rounds that bring nothing and do not end either, after which nothing is taken to be missing that is not known to be. */
const QUIET_ROUNDS = 2;
