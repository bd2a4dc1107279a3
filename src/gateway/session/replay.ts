/** Answers to a replay request. END proves nothing: what counts is that the numbers follow each other. */
import { NS_PER_MS } from "../../base/clock.js";
import { Verdict } from "./actions.js";
import { offer } from "./flow.js";
import {
  beginFlowing,
  beginHolding,
  beginNewLife,
  forgetLife,
  markIncomplete,
  purge,
  rangeText,
  skipPoison,
} from "./life.js";
import { hasGone, isMissing } from "./incomplete.js";
import { sameBytes } from "./recent-batches.js";
import { startSync } from "./rounds.js";
import { ANY, isFlowing, note, type ReplayRound, type SessionState } from "./state.js";

export function acceptReplayed(s: SessionState, id: number, seq: number, payload: Uint8Array): Verdict {
  s.counters.received++;
  const round = s.round;
  if (round === null || round.id !== id) return drop(s);
  round.replies++;
  if (seq > round.highest) round.highest = seq;
  if (round.proof !== null) return prove(s, round, round.proof, seq, payload);
  if (round.kind === "rebuild") {
    if (isWorthRebuilding(s, seq, payload)) {
      if (!rebuildFrom(s, round, `replay offers batch ${seq} of what was missing`)) return drop(s);
    } else if (round.replies === 1 && s.incomplete !== null && hasGone(s.incomplete, seq)) {
      if (
        !rebuildFrom(s, round, `replay begins at batch ${seq}: no readable copy will come of what was damaged before`)
      )
        return drop(s);
    }
  }
  if (round.replies === 1 && round.kind !== "rebuild" && round.from === 0) {
    if (s.lastSeq < 0 && s.next !== ANY && seq > s.next) ringBegins(s, seq);
  }
  return place(s, round, seq, payload);
}

/** The continuity proof: the publisher still has the last applied batch, byte for byte. */
function prove(s: SessionState, round: ReplayRound, proof: Uint8Array, seq: number, payload: Uint8Array): Verdict {
  if (seq < round.proofSeq) return known(s, seq, payload);
  if (seq === round.proofSeq) {
    if (!sameBytes(proof, payload)) return otherLife(s, seq);
    round.proof = null;
    s.unproven = false;
    return duplicate(s);
  }
  round.proof = null;
  if (s.unproven) {
    forgetLife(s, `the publisher no longer has batch ${round.proofSeq}, which would prove that it did not restart`);
    ringBegins(s, seq);
  }
  return place(s, round, seq, payload);
}

/** A batch that was applied before. If it was another one then, the publisher restarted and nobody noticed. */
function known(s: SessionState, seq: number, payload: Uint8Array): Verdict {
  return s.recent.differs(seq, payload) ? otherLife(s, seq) : duplicate(s);
}

function otherLife(s: SessionState, seq: number): Verdict {
  beginNewLife(s, `its batch ${seq} has other bytes than the one applied`);
  return drop(s);
}

function ringBegins(s: SessionState, seq: number): void {
  note(
    s,
    "info",
    "history-lost",
    `the publisher's replay begins at batch ${seq}: ${rangeText(s.next, seq)} not to be had`,
    { seq },
  );
  s.next = seq;
  markIncomplete(s, { reason: "history", from: 0, until: seq });
}

function place(s: SessionState, round: ReplayRound, seq: number, payload: Uint8Array): Verdict {
  if (seq < s.next || s.next === ANY) return known(s, seq, payload);
  if (seq === s.next) {
    if (s.undecodable.has(seq, payload)) {
      s.counters.rejected++;
      skipPoison(s, seq, "poison");
      return Verdict.drop;
    }
    offer(s, seq, payload, true);
    return Verdict.apply;
  }
  if (isFlowing(s)) {
    // An audit found more than is missing at the end: from here on it is a recovery like any other.
    s.counters.gaps++;
    s.counters.missing += seq - s.next;
    round.kind = "sync";
    beginHolding(s, "gapped");
  }
  const outcome = s.held.add(seq, payload);
  if (outcome === "held") return Verdict.hold;
  return outcome === "duplicate" ? duplicate(s) : drop(s);
}

/** Does the publisher now offer something of what is missing? Bytes that were undecodable before are nothing new. */
function isWorthRebuilding(s: SessionState, seq: number, payload: Uint8Array): boolean {
  return s.incomplete !== null && isMissing(s.incomplete, seq) && !s.undecodable.has(seq, payload);
}

/** True when the answers of this very round are those to rebuild from. */
function rebuildFrom(s: SessionState, round: ReplayRound, why: string): boolean {
  note(s, "info", "rebuild", `${why}: purging and rebuilding`, { from: round.from });
  forgetLife(s, "rebuilding from a more complete replay");
  s.replayDown = false;
  beginHolding(s, "catching-up");
  if (round.from === 0 && round.replies === 1) {
    round.kind = "sync";
    return true;
  }
  startSync(s);
  return false;
}

export function replayEnded(s: SessionState, id: number, ns: number): void {
  const round = takeRound(s, id, ns);
  if (round === null) return;
  if (round.kind === "audit") s.replayDown = false;
  if (round.proof !== null) {
    beginNewLife(s, `it no longer has batch ${round.proofSeq}`);
    return;
  }
  if (round.kind === "sync") {
    const { brought, highest, damaged } = round;
    s.outcome = { ended: true, answered: true, brought, highest, damaged, reason: "" };
    return;
  }
  if (round.kind === "audit") {
    s.verifiedNs = ns;
    auditLater(s);
  } else if (s.next === ANY) {
    // Nothing was ever published: the stream is whole, and empty.
    forgetLife(s, "the publisher has published nothing yet");
    s.replayDown = false;
    beginFlowing(s);
  } else if (s.next === s.auditNext && round.replies === 0) {
    // It replays nothing although a batch was applied a while ago: another life, or no ring at all. Neither supports what we hold.
    purge(s, `the publisher replays nothing, not even batch ${s.lastSeq}`);
  }
}

export function replayFailed(s: SessionState, id: number, reason: string, ns: number): void {
  const round = takeRound(s, id, ns);
  if (round === null) return;
  s.counters.replayFailures++;
  const text = `replay from ${round.from} failed after ${round.replies} batches: ${reason}`;
  note(s, round.kind === "sync" ? "warn" : "debug", "replay-failed", text, {
    from: round.from,
    replies: round.replies,
  });
  if (round.kind === "sync") {
    const { replies, brought, highest, damaged } = round;
    s.outcome = { ended: false, answered: replies > 0, brought, highest, damaged, reason };
  } else if (round.kind === "audit") auditLater(s);
}

function takeRound(s: SessionState, id: number, ns: number): ReplayRound | null {
  const round = s.round;
  if (round === null || round.id !== id) return null;
  s.nowNs = ns;
  s.round = null;
  return round;
}

function auditLater(s: SessionState): void {
  s.auditIntervalMs = Math.min(s.options.auditMaxMs, Math.max(s.options.auditMinMs, s.auditIntervalMs * 2));
  s.auditAtNs = s.nowNs + s.auditIntervalMs * NS_PER_MS;
  s.auditNext = s.next;
}

function duplicate(s: SessionState): Verdict {
  s.counters.duplicate++;
  return Verdict.drop;
}

function drop(s: SessionState): Verdict {
  s.counters.dropped++;
  return Verdict.drop;
}
