/** A live batch that is not simply the next one on an open stream. */
import { Verdict } from "./actions.js";
import { gapBefore, offer } from "./flow.js";
import { beginHolding, beginNewLife, forgetLife, markComplete, markIncomplete } from "./life.js";
import { startSync } from "./rounds.js";
import { ANY, canReplay, isFlowing, NEVER, note, type SessionState } from "./state.js";

export function acceptLive(s: SessionState, connection: number, seq: number, payload: Uint8Array): Verdict {
  s.counters.received++;
  if (!s.connected || connection !== s.connection) return drop(s);
  return isFlowing(s) ? whileFlowing(s, seq, payload) : whileHolding(s, seq, payload);
}

function whileFlowing(s: SessionState, seq: number, payload: Uint8Array): Verdict {
  if (s.held.count > 0) return hold(s, seq, payload);
  if (s.next === ANY) return first(s, seq, payload);
  if (seq < s.next) return s.recent.has(seq, payload) ? duplicate(s) : backwards(s, seq, payload);
  if (seq > s.next) gapBefore(s, seq);
  return isFlowing(s) ? apply(s, seq, payload) : hold(s, seq, payload);
}

function whileHolding(s: SessionState, seq: number, payload: Uint8Array): Verdict {
  // Before the proof, any number may be of either life; in a replay that overlaps the live stream, old numbers are normal.
  if (s.state !== "gapped" || s.unproven) return hold(s, seq, payload);
  if (seq === s.next) {
    s.highestSeen = Math.max(s.highestSeen, seq);
    return apply(s, seq, payload);
  }
  if (seq > s.next) return hold(s, seq, payload);
  return s.recent.has(seq, payload) ? duplicate(s) : backwards(s, seq, payload);
}

/** The first batch of a stream of which nothing is known: batch 0 begins a life, so that nothing is missing. */
function first(s: SessionState, seq: number, payload: Uint8Array): Verdict {
  s.next = seq;
  if (seq === 0) {
    markComplete(s);
    if (s.restartPossible) s.counters.lives++;
  }
  s.restartPossible = false;
  return apply(s, seq, payload);
}

/** The number went back and the batch is none that was applied: a new life, unless the publisher can prove otherwise. */
function backwards(s: SessionState, seq: number, payload: Uint8Array): Verdict {
  s.counters.dropped += s.held.clear();
  const expected = s.next;
  if (canReplay(s)) {
    if (s.lastSeq < 0) beginNewLife(s, `batch ${seq} came where ${expected} was expected`);
    else {
      note(s, "warn", "backwards", `batch ${seq} came where ${expected} was expected; asking which life this is`, {
        seq,
        expected,
      });
      s.unproven = true;
      beginHolding(s, "catching-up");
      startSync(s);
    }
    return hold(s, seq, payload);
  }
  note(
    s,
    "warn",
    "new-life",
    `batch ${seq} came where ${expected} was expected, and there is no replay to ask: purging`,
    { seq },
  );
  forgetLife(s, `batch ${seq} came where ${expected} was expected`);
  s.counters.lives++;
  const reason = s.hasReplay ? "unavailable" : "blind";
  if (seq === 0) return apply(s, seq, payload);
  // It may also be a late copy, whose stores were undone since: its content is not believed, its number is.
  s.next = seq + 1;
  markIncomplete(s, { reason, from: 0, until: reason === "blind" ? s.next : NEVER });
  return drop(s);
}

function apply(s: SessionState, seq: number, payload: Uint8Array): Verdict {
  offer(s, seq, payload, false);
  return Verdict.apply;
}

function hold(s: SessionState, seq: number, payload: Uint8Array): Verdict {
  s.highestSeen = Math.max(s.highestSeen, seq);
  const outcome = s.held.add(seq, payload);
  if (outcome === "held") return Verdict.hold;
  if (outcome === "duplicate") return duplicate(s);
  const { count, bytes } = s.held;
  note(
    s,
    "warn",
    "shed",
    `${count} held batches (${bytes} bytes) reached the limit: shed, to be fetched again by replay`,
    { count },
  );
  s.counters.sheds++;
  s.counters.dropped += s.held.clear();
  return drop(s);
}

function duplicate(s: SessionState): Verdict {
  s.counters.duplicate++;
  return Verdict.drop;
}

function drop(s: SessionState): Verdict {
  s.counters.dropped++;
  return Verdict.drop;
}
