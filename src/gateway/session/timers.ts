/** What happens because time passed: retries, audits of idle streams, rebuilds of incomplete ones. */
import { NS_PER_MS } from "../../base/clock.js";
import { firstMissing } from "./incomplete.js";
import { startAudit, startRound, startSync } from "./rounds.js";
import { canReplay, isFlowing, NEVER, type SessionState } from "./state.js";

export function tick(s: SessionState, ns: number): void {
  s.nowNs = ns;
  if (!s.connected) return;
  if (s.retryAtNs <= ns) startSync(s);
  if (!isFlowing(s) || s.round !== null) return;
  if (s.rebuildAtNs <= ns) rebuild(s);
  else if (s.auditAtNs <= ns) audit(s);
}

/** When `tick` has something to do; NEVER = not before something else happens. */
export function deadlineNs(s: SessionState): number {
  if (!s.connected) return NEVER;
  if (!isFlowing(s) || s.round !== null) return s.retryAtNs;
  return Math.min(s.rebuildAtNs, s.auditAtNs);
}

function rebuild(s: SessionState): void {
  if (s.incomplete === null) {
    s.rebuildAtNs = NEVER;
    return;
  }
  s.rebuildsLeft--;
  s.rebuildIntervalMs = Math.min(s.options.rebuildMaxMs, s.rebuildIntervalMs * 2);
  s.rebuildAtNs = s.rebuildsLeft > 0 ? s.nowNs + s.rebuildIntervalMs * NS_PER_MS : NEVER;
  startRound(s, "rebuild", firstMissing(s.incomplete), false);
}

function audit(s: SessionState): void {
  if (s.next !== s.auditNext) {
    s.auditNext = s.next;
    s.verifiedNs = s.nowNs;
    s.auditIntervalMs = s.options.auditMinMs;
  } else if (isAuditable(s)) {
    startAudit(s);
  }
  s.auditAtNs = s.nowNs + s.auditIntervalMs * NS_PER_MS;
}

/** Also asks a replay that was given up, if the stream believes itself complete: a rebuild would not ask then. */
function isAuditable(s: SessionState): boolean {
  if (!canReplay(s) && !(s.hasReplay && s.incomplete === null)) return false;
  return s.lastSeq >= 0 || s.next === 0;
}
