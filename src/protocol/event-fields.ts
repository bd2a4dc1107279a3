/**
 * The fields of KV events as they are named on the wire, and where each lives in the objects of kv-event.ts.
 * Source: vllm/distributed/kv_events.py; `cache_salt` is SGLang's (python/sglang/srt/disaggregation/kv_events.py).
 */
import type { BlockStored } from "./kv-event.js";

type FieldKind = "hashes" | "hash" | "tokens" | "int" | "string" | "extra-keys";

interface EventField {
  readonly property: keyof BlockStored;
  readonly kind: FieldKind;
}

export const EVENT_FIELDS = {
  block_hashes: { property: "blockHashes", kind: "hashes" },
  parent_block_hash: { property: "parent", kind: "hash" },
  token_ids: { property: "tokenIds", kind: "tokens" },
  block_size: { property: "blockSize", kind: "int" },
  lora_id: { property: "loraId", kind: "int" },
  medium: { property: "medium", kind: "string" },
  lora_name: { property: "loraName", kind: "string" },
  extra_keys: { property: "extraKeys", kind: "extra-keys" },
  group_idx: { property: "groupIdx", kind: "int" },
  kv_cache_spec_kind: { property: "specKind", kind: "string" },
  kv_cache_spec_sliding_window: { property: "slidingWindow", kind: "int" },
  locality: { property: "locality", kind: "string" },
  ownership: { property: "ownership", kind: "string" },
  session_id: { property: "sessionId", kind: "string" },
  cache_salt: { property: "cacheSalt", kind: "string" },
} as const satisfies Record<string, EventField>;

export type FieldKey = keyof typeof EVENT_FIELDS;

/** The class names that msgspec writes as tags: element 0 of an array event, key `type` of a map event. */
export const EVENT_TAGS = { stored: "BlockStored", removed: "BlockRemoved", cleared: "AllBlocksCleared" } as const;
