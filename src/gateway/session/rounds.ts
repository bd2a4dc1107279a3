/** Replay rounds: at most one at a time per stream, each on its own connection, each with an end. */
import { NS_PER_MS } from "../../base/clock.js";
import { NEVER, type ReplayRound, type SessionState } from "./state.js";

/** Asks for everything from `from` on. `prove` = the last applied batch must be among the answers, byte for byte. */
export function startRound(s: SessionState, kind: ReplayRound["kind"], from: number, prove: boolean): void {
  cancelRound(s);
  s.retryAtNs = NEVER;
  s.outcome = null;
  const proof = prove ? s.lastPayload : null;
  const nothing = { replies: 0, brought: 0, highest: -1, damaged: false };
  s.round = { id: ++s.roundIds, kind, from, proof, proofSeq: s.lastSeq, ...nothing };
  if (kind === "audit") s.counters.audits++;
  else s.counters.replays++;
  s.actions.push({ type: "request-replay", round: s.roundIds, from });
}

/** Asks for everything from the last applied batch on, that batch included: its bytes prove that the life is the same. */
export function startSync(s: SessionState): void {
  startRound(s, "sync", Math.max(0, s.lastSeq), true);
}

/**
 * Asks an idle stream for its last few batches. The few before the last one unmask a restart that a relay hid and that went on
 * with exactly the number that was due.
 */
export function startAudit(s: SessionState): void {
  startRound(s, "audit", Math.max(0, s.lastSeq - AUDIT_BACK), true);
}

const AUDIT_BACK = 7;

export function cancelRound(s: SessionState): void {
  if (s.round === null) return;
  s.actions.push({ type: "cancel-replay", round: s.round.id });
  s.round = null;
}

/** Tries again after a pause that doubles with every attempt. */
export function retryLater(s: SessionState): void {
  const pauseMs = Math.min(s.options.retryMaxMs, s.options.retryMinMs * 2 ** Math.max(0, s.attempts - 1));
  s.retryAtNs = s.nowNs + pauseMs * NS_PER_MS;
}
