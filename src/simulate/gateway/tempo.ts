/**
 * Times of the simulated gateway: those of the real one (session/options.ts, transport/limits.ts, fleet), shortened so that a run
 * sees many rounds of each in little virtual time. What they do to each other stays the same.
 */
import type { SessionOptions } from "../../gateway/session/options.js";

export const SESSION_TIMES: Partial<SessionOptions> = {
  replayPatienceMs: 150,
  retryMinMs: 10,
  retryMaxMs: 60,
  auditMinMs: 60,
  auditMaxMs: 300,
  joinAuditMs: 12,
  rebuildMinMs: 60,
  rebuildMaxMs: 300,
  leaseMs: 100,
  partialHalfLifeMs: 2_000,
};

export const TEMPO = {
  /** A refused connection is known after this. */
  refusalMs: 1,
  /** A connection on which nobody answers is given up after this. */
  connectTimeoutMs: 60,
  reconnectMinMs: 4,
  reconnectMaxMs: 60,
  /** A silent connection is broken after this. */
  heartbeatMs: 80,
  replayInactivityMs: 60,
  /** After a lost connection the fleet looks at the engine. */
  watchMs: 5,
  healthIntervalMs: 40,
} as const;
