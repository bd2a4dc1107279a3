/**
 * What separates equal tokens of different adapters, salts and images. The same facts have two forms: inside the hash
 * (tagged since vLLM 0.31, so that a salt cannot pose as an adapter) and on the wire (always untagged).
 * Order in both: adapter, multimodal, salt, prompt embeds (vllm/v1/core/kv_cache_utils.py, generate_block_hash_extra_keys).
 */
import type { ExtraKey } from "../../protocol/kv-event.js";
import type { Adapter } from "./engine-types.js";
import type { HashValue } from "./hash-input.js";

export interface ExtraKeys {
  readonly adapter?: Pick<Adapter, "name" | "path"> | null;
  /** Images that overlap the block: identifier and its offset from the block's first token (negative when it began before). */
  readonly multimodal?: readonly (readonly [id: string, offset: number])[];
  /** Only on the first block of a sequence. */
  readonly salt?: string | null;
  readonly promptEmbeds?: Uint8Array | null;
}

/** The third item of the hashed tuple, or null when nothing separates the block. */
export function hashedExtraKeys(keys: ExtraKeys, tagged: boolean): readonly HashValue[] | null {
  const values: HashValue[] = [];
  if (keys.adapter) values.push(tagged ? ["lora", keys.adapter.name, keys.adapter.path] : keys.adapter.name);
  for (const [id, offset] of keys.multimodal ?? []) values.push(tagged ? ["mm", id, offset] : [id, offset]);
  if (keys.salt) values.push(tagged ? ["cache_salt", keys.salt] : keys.salt);
  if (keys.promptEmbeds) values.push(tagged ? ["prompt_embeds", keys.promptEmbeds] : keys.promptEmbeds);
  return values.length === 0 ? null : values;
}

/** One entry of a BlockStored's `extra_keys`. */
export function wireExtraKeys(keys: ExtraKeys): readonly ExtraKey[] | null {
  const values: ExtraKey[] = [];
  if (keys.adapter) values.push(keys.adapter.name);
  for (const image of keys.multimodal ?? []) values.push(image);
  if (keys.salt) values.push(keys.salt);
  if (keys.promptEmbeds) values.push(keys.promptEmbeds);
  return values.length === 0 ? null : values;
}
