/**
 * What the judge calls "the same block": a 128-bit chain over (model, adapter, salt, parent identity, tokens).
 * Engines write it into their ledgers, the workload computes it for its prompts; no router knows it, so a router's
 * mistake about hashes, parents or lineage cannot hide in it.
 */
import { hash } from "node:crypto";

/** 32 lower-case hex digits. */
export type BlockIdentity = string;

/** Everything besides tokens that separates cached prefixes. */
export interface Lineage {
  readonly model: string;
  /** LoRA adapter as `name@version` (version = its path), or null for the base model. */
  readonly adapter: string | null;
  readonly salt: string | null;
}

const IDENTITY_HEX = 32;

export function lineageIdentity(lineage: Lineage): BlockIdentity {
  const text = JSON.stringify([lineage.model, lineage.adapter, lineage.salt]);
  return hash("sha256", text, "hex").slice(0, IDENTITY_HEX);
}

/** Identity of the block that holds `tokens[from, to)` and follows `parent` (a block, or the lineage root). */
export function childIdentity(
  parent: BlockIdentity,
  tokens: ArrayLike<number>,
  from: number,
  to: number,
): BlockIdentity {
  const bytes = Buffer.allocUnsafe(16 + (to - from) * 4);
  bytes.write(parent, 0, 16, "hex");
  for (let i = from; i < to; i++) bytes.writeUInt32LE(tokens[i] as number, 16 + (i - from) * 4);
  return hash("sha256", bytes, "hex").slice(0, IDENTITY_HEX);
}

/** Identities of all full blocks of a prompt, in order. */
export function identityChain(lineage: Lineage, tokens: ArrayLike<number>, blockSize: number): BlockIdentity[] {
  const chain: BlockIdentity[] = [];
  let parent = lineageIdentity(lineage);
  for (let from = 0; from + blockSize <= tokens.length; from += blockSize) {
    parent = childIdentity(parent, tokens, from, from + blockSize);
    chain.push(parent);
  }
  return chain;
}
