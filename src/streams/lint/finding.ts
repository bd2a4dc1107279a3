/** What lint finds: violations are what no real publisher does; notes are rare but real. */
import { UsageError } from "../../base/errors.js";

export const RULES = {
  frames: "a message is [topic, sequence number of 8 bytes, payload]",
  decode: "a payload is one decodable batch",
  sequence: "numbers rise by exactly 1 within a life of the publisher",
  ts: "ts of batches does not fall within a life",
  rank: "the batch bears the rank of its port",
  shape: "form and array lengths are the same in all batches of a life",
  dialect: "a known release writes exactly these bytes",
  hash: "hashes are numbers of 64 bits, or digests of one length",
  parent: "a parent is held, on the same rank and in the same group",
  tokens: "tokens = hashes × block size, with full attention",
  "extra-keys": "extra_keys has one entry per hash",
  removal: "what is removed is held: no count falls below 0",
  capacity: "no more blocks are held than the pool has",
} as const;
export type RuleId = keyof typeof RULES;

/** @throws UsageError KVP_E_USAGE for what is no rule. */
export function checkRules(names: readonly string[]): ReadonlySet<RuleId> {
  const unknown = names.find((name) => !(name in RULES));
  if (unknown === undefined) return new Set(names as RuleId[]);
  throw new UsageError("KVP_E_USAGE", `there is no rule "${unknown}"; rules: ${Object.keys(RULES).join(", ")}`);
}

export const NOTES = {
  "late-join": "the stream was joined in the middle of a life; what came before is unknown",
  "unknown-parent": "a parent from before the recording",
  "unknown-removal": "a removal of what was stored before the recording",
  "second-copy": "a hash was stored again while held: a second physical copy",
  "empty-store": "a store without hashes (sliding-window groups)",
  placeholder: "a store without tokens or block size (offload)",
  restart: "the publisher began to count anew",
  cleared: "everything was cleared",
} as const;
export type NoteId = keyof typeof NOTES;

/** Where a finding is. */
export interface Place {
  readonly engine: string;
  readonly rank: number;
  readonly life: number;
  readonly seq: number | null;
  /** Index of the event in its batch. */
  readonly event: number | null;
}

export interface Finding {
  readonly severity: "violation" | "note";
  readonly id: RuleId | NoteId;
  readonly place: Place;
  /** What was expected and what was there. */
  readonly message: string;
}

export function placeText({ engine, rank, life, seq, event }: Place): string {
  return `${engine}#${rank} life ${life}${seq === null ? "" : ` batch ${seq}`}${event === null ? "" : ` event ${event}`}`;
}
