/**
 * Packet loss as an application sees it through TCP: nothing is missing, everything is late. A lost segment is sent again when
 * three later ones have arrived (fast retransmission), else after the retransmission time-out, which doubles with every further
 * loss; all that follows waits (head-of-line blocking). RFC 6298 and 5681 with Linux's constants; without tail loss probes.
 */
import type { Rng } from "../../../base/rng.js";

/** Payload of a segment on Ethernet. */
export const SEGMENT_BYTES = 1448;
export const RTO_MIN_MS = 200;
export const RTO_MAX_MS = 120_000;
/** Of the first segment (SYN), when nothing is known of the path. */
export const RTO_INITIAL_MS = 1_000;
export const FAST_RETRANSMISSION_MS = 2;
const FAST_RETRANSMISSION_FOLLOWERS = 3;
/** net.ipv4.tcp_retries2: then TCP gives up. */
const RETRIES_MAX = 15;

export interface Lateness {
  readonly lateMs: number;
  readonly retransmissions: number;
}

const ON_TIME: Lateness = { lateMs: 0, retransmissions: 0 };

/** How late a segment arrives that has `followers` later ones right behind it. */
export function latenessOf(rng: Rng, probability: number, followers: number): Lateness {
  if (!rng.chance(probability)) return ON_TIME;
  if (followers < FAST_RETRANSMISSION_FOLLOWERS) return timedOut(rng, probability, RTO_MIN_MS);
  if (!rng.chance(probability)) return { lateMs: FAST_RETRANSMISSION_MS, retransmissions: 1 };
  const { lateMs, retransmissions } = timedOut(rng, probability, RTO_MIN_MS);
  return { lateMs: FAST_RETRANSMISSION_MS + lateMs, retransmissions: 1 + retransmissions };
}

/** How late a connection comes about. */
export function handshakeLateness(rng: Rng, probability: number): Lateness {
  return rng.chance(probability) ? timedOut(rng, probability, RTO_INITIAL_MS) : ON_TIME;
}

function timedOut(rng: Rng, probability: number, firstMs: number): Lateness {
  let lateMs = firstMs;
  let retransmissions = 1;
  for (let rto = firstMs * 2; retransmissions < RETRIES_MAX && rng.chance(probability); retransmissions++) {
    lateMs += rto;
    rto = Math.min(RTO_MAX_MS, rto * 2);
  }
  return { lateMs, retransmissions };
}
