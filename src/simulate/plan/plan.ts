/** What one simulated run consists of: a fleet, what happens when, what is broken when. Plain data: it can be written, read and cut down. */
import type { Adapter, HashAlgorithm } from "../../engine/cache/engine-types.js";
import type { Dialect } from "../../protocol/dialects.js";
import type { SimFault } from "./fault-kinds.js";

export const HAPPENINGS = [
  "request",
  "store",
  "evict",
  "punch",
  "reset",
  "sample",
  "cross",
  "suffix",
  "visibility",
  "invalidation",
  "dry-run",
  "observe",
  "converge",
  "empty",
  "leave",
  "restart",
  "replace",
] as const;
export type Happening = (typeof HAPPENINGS)[number];

export interface SimFleetMember {
  readonly name: string;
  /** Where it listens; default: a place of its own. */
  readonly address?: string;
  readonly model: string;
  readonly startsMs: number;
  /** Later than `startsMs`: it publishes before anyone subscribes. */
  readonly joinsMs: number;
  readonly gpuBlocks: number;
  readonly cpuBlocks: number;
  readonly groups: number;
  readonly ranks: number;
  readonly dialect: Dialect;
  readonly hash: HashAlgorithm;
  /** u64 hashes on the wire; false = whole digests. */
  readonly intHashes: boolean;
  /** Has a replay endpoint. */
  readonly replay: boolean;
  /** Batches kept for replay. */
  readonly ringBatches: number;
  /** Its wall clock is off by this much. */
  readonly clockSkewS: number;
}

export function addressOf({ name, address }: SimFleetMember): string {
  return address ?? name;
}

export interface PlannedHappening {
  readonly atMs: number;
  readonly what: Happening;
  /** Seed of its own choices (which prompt, which engine). */
  readonly seed: number;
  /** Chosen instead of drawn. */
  readonly engine?: string;
}

export interface SimPlan {
  readonly seed: number;
  readonly name: string;
  readonly blockSize: number;
  readonly models: readonly string[];
  readonly adapters: readonly Adapter[];
  /** Longest undisturbed way of one message between an engine and the gateway. */
  readonly maxDelayMs: number;
  readonly fleet: readonly SimFleetMember[];
  readonly happenings: readonly PlannedHappening[];
  readonly faults: readonly SimFault[];
  /** Blocks are hashed with something cheaper than SHA-256. */
  readonly cheapHashes: boolean;
  /** Cap of the index; null = its default, which is never reached. */
  readonly capBlocks: number | null;
  readonly endMs: number;
}

/** Times of the gateway's sessions are shortened (gateway/tempo.ts), so these are short, too. */
export const SIM_BOUNDS = { stalenessMs: 60, recoveryMs: 1200, gapMs: 400, departureMs: 150, adapterMs: 100 } as const;
