/** Traces as engines might publish them, from a seed: shared prefixes, second copies, removals from the tail, adapters. */
import { Rng } from "../../base/rng.js";
import type { KvEvent } from "../../protocol/kv-event.js";
import type { BatchRecord } from "../trace/trace-records.js";
import { aBatch, removed, stored } from "./a-trace.js";

/** Block b has the children 10b+1 … 10b+3, so that chains of several engines share beginnings. Adapter blocks are above 1e9. */
const BRANCHES = 3;
const MAX_BLOCK = 100_000;
const ADAPTER_OFFSET = 1_000_000_000;

/** Batches of `engines` streams in turn. */
export function randomBatches(seed: number, batches: number, engines: number): BatchRecord[] {
  const rng = new Rng(seed);
  const held = Array.from({ length: engines }, () => new Set<number>());
  const seqs = held.map(() => 0);
  return Array.from({ length: batches }, () => {
    const stream = rng.int(0, engines - 1);
    const some = Array.from({ length: rng.int(1, 3) }, () => randomEvent(rng, held[stream] as Set<number>));
    const events = some.filter((event) => event !== null);
    const seq = seqs[stream] as number;
    seqs[stream] = seq + 1;
    return aBatch(seq, events, { stream });
  });
}

function randomEvent(rng: Rng, held: Set<number>): KvEvent | null {
  const tails = [...held].filter((block) => ![...held].some((other) => Math.floor(other / 10) === block));
  if (tails.length > 0 && rng.chance(0.35)) {
    // Mostly the end of a chain, as vLLM evicts; others may go in the middle.
    const block = rng.pick(rng.chance(0.7) ? tails : [...held]);
    held.delete(block);
    return removed([block]);
  }
  if (rng.chance(0.15)) {
    const block = ADAPTER_OFFSET + rng.int(1, BRANCHES);
    if (!held.has(block)) {
      held.add(block);
      const tokenIds = Array.from({ length: 4 }, () => block - ADAPTER_OFFSET);
      return stored(null, [block], { tokenIds, loraName: "x", loraId: 1, extraKeys: [["x"]] });
    }
  }
  const parents = [...held].filter((block) => block < MAX_BLOCK / 10);
  const parent = parents.length > 0 && rng.chance(0.7) ? rng.pick(parents) : null;
  const chain: number[] = [];
  for (let at = parent ?? 0; chain.length < rng.int(1, 3) && at < MAX_BLOCK / 10; ) {
    at = at * 10 + rng.int(1, BRANCHES);
    if (held.has(at)) break;
    chain.push(at);
    held.add(at);
  }
  // A request that hits says nothing.
  return chain.length === 0 ? null : stored(parent, chain);
}
