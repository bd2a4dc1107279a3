/**
 * How each engine release writes KV events. A vLLM dialect bears the first release that wrote it; the brackets were read
 * from (and executed in) the release wheels. Readers need none of this: every batch says what it is.
 */
import { UsageError } from "../base/errors.js";
import type { FieldKey } from "./event-fields.js";

export interface DialectSpec {
  /** Elements of the batch array: `[ts, events]` or `[ts, events, data_parallel_rank]`. */
  readonly batchElements: 2 | 3;
  /** `array`: tagged arrays. `map`: maps inside a batch array. `map-map`: the batch is a map too. */
  readonly form: "array" | "map" | "map-map";
  /** Fields after the tag, in order. In array form all are written; in map form those with a default only when set. */
  readonly storedFields: readonly FieldKey[];
  /** How many of `storedFields` have no default, and so are always written in map form. */
  readonly storedRequired: number;
  readonly removedFields: readonly FieldKey[];
  readonly removedRequired: number;
  /** The integer type of hashes. `u64` publishers also have a switch for digest bytes. */
  readonly hash: "u64" | "i64";
  /** Array events of SGLang end with a map `{cache_salt}` when the request had a salt. */
  readonly saltMap?: true;
  /** Frames of a replay reply as a DEALER sees it: `["", seq, payload]` or `["", topic, seq, payload]`. */
  readonly replayFrames: 3 | 4;
}

const STORED_12: readonly FieldKey[] = [
  "block_hashes",
  "parent_block_hash",
  "token_ids",
  "block_size",
  "lora_id",
  "medium",
  "lora_name",
  "extra_keys",
  "group_idx",
  "kv_cache_spec_kind",
  "kv_cache_spec_sliding_window",
];
const REMOVED_4: readonly FieldKey[] = ["block_hashes", "medium", "group_idx"];

/** A vLLM array era: a BlockStored of `stored` elements, a BlockRemoved of `removed`, tags included. */
function arrayEra(stored: number, removed: number, batchElements: 2 | 3 = 3): DialectSpec {
  const storedFields = STORED_12.slice(0, stored - 1);
  const removedFields = REMOVED_4.slice(0, removed - 1);
  return {
    batchElements,
    form: "array",
    storedFields,
    storedRequired: storedFields.length,
    removedFields,
    removedRequired: removedFields.length,
    hash: "u64",
    replayFrames: 3,
  };
}

/** A vLLM map era: everything up to `lora_name` is always present. */
function mapEra(storedMore: readonly FieldKey[], removedMore: readonly FieldKey[], replayFrames: 3 | 4): DialectSpec {
  return {
    batchElements: 3,
    form: "map",
    storedFields: [...STORED_12, ...storedMore],
    storedRequired: 7,
    removedFields: [...REMOVED_4, ...removedMore],
    removedRequired: 2,
    hash: "u64",
    replayFrames,
  };
}

const SGLANG: Omit<DialectSpec, "form" | "storedFields"> = {
  batchElements: 3,
  storedRequired: 5,
  removedFields: ["block_hashes", "medium"],
  removedRequired: 1,
  hash: "i64",
  replayFrames: 3,
};
const SGLANG_STORED = STORED_12.slice(0, 6);

const VLLM_0_26 = mapEra(["locality"], ["locality"], 4);

const TABLE = {
  "vllm-0.9.0": arrayEra(6, 2, 2),
  "vllm-0.9.1": arrayEra(6, 2),
  "vllm-0.10.2": arrayEra(7, 3),
  "vllm-0.14": arrayEra(8, 3),
  "vllm-0.17": arrayEra(9, 3),
  "vllm-0.20": arrayEra(10, 4),
  "vllm-0.22": arrayEra(12, 4),
  "vllm-0.24": mapEra([], [], 3),
  "vllm-0.26": VLLM_0_26,
  "vllm-0.30": mapEra(["locality", "ownership", "session_id"], ["locality", "ownership"], 4),
  "sglang-array": { ...SGLANG, form: "array", storedFields: SGLANG_STORED, saltMap: true },
  "sglang-map": { ...SGLANG, form: "map", storedFields: [...SGLANG_STORED, "cache_salt", "session_id"] },
  trtllm: { ...VLLM_0_26, hash: "i64" },
  /** Never released: the first revision of vLLM's change to maps. */
  "map-batch": { ...mapEra([], [], 3), form: "map-map" },
} as const satisfies Record<string, DialectSpec>;

export type Dialect = keyof typeof TABLE;
export const DIALECTS: Readonly<Record<Dialect, DialectSpec>> = TABLE;
export const DEFAULT_DIALECT: Dialect = "vllm-0.30";

const NAMES = Object.keys(TABLE) as Dialect[];

/**
 * A dialect by its name, or a vLLM release by its version (`vllm-0.31.2` speaks `vllm-0.30`).
 * @throws UsageError KVP_E_USAGE with the names that exist.
 */
export function parseDialect(name: string): Dialect {
  const known = NAMES.find((candidate) => candidate === name) ?? dialectOfRelease(name);
  if (known !== undefined) return known;
  const near = NAMES.filter((candidate) => name.length > 0 && candidate.startsWith(name.split("-")[0] ?? name));
  const hint = near.length > 0 && near.length < NAMES.length ? `did you mean ${near.join(", ")}` : NAMES.join(", ");
  throw new UsageError("KVP_E_USAGE", `unknown dialect "${name}": ${hint}`);
}

function dialectOfRelease(name: string): Dialect | undefined {
  const asked = releaseOf(name);
  if (asked === undefined) return undefined;
  let found: Dialect | undefined;
  for (const dialect of NAMES) {
    const first = releaseOf(dialect);
    if (first !== undefined && first <= asked) found = dialect;
  }
  return found;
}

/** `vllm-0.10.2` → 10_002: releases compare as numbers. */
function releaseOf(name: string): number | undefined {
  const match = /^vllm-0\.(\d{1,3})(?:\.(\d{1,3}))?(?:\.\d+)?$/.exec(name);
  return match === null ? undefined : Number(match[1]) * 1000 + Number(match[2] ?? 0);
}
