/**
 * Blocks whose parent the index does not know (it attached late, or a batch was lost). They are resident, so removals
 * find them, but they stand in no prefix until their parent arrives: an unknown parent is never a new root.
 */
import type { Context } from "./contexts.js";
import type { Holder, Lane } from "./holder.js";

/** The identity an event claims for its blocks, to be compared with that of a parent. */
export interface Claim {
  readonly lora: string | null;
  /** null = not said: blocks after the first inherit their parent's. */
  readonly salt: string | null;
  readonly blockSize: number;
}

export interface ParkedBlock extends Claim {
  readonly lane: Lane;
  readonly low: number;
  readonly high: number;
  readonly parentLow: number;
  readonly parentHigh: number;
  /** Hash of its tokens alone (block-hasher.ts), all that is needed to chain it later. */
  readonly contentLow: number;
  readonly contentHigh: number;
  /** Others of the holder that wait for the same parent; kept by {@link Parking}. */
  next: ParkedBlock | null;
  previous: ParkedBlock | null;
}

export function agrees(context: Context, claim: Claim): boolean {
  return (
    context.blockSize === claim.blockSize &&
    context.lora === claim.lora &&
    (claim.salt === null || context.salt === claim.salt)
  );
}

/** A hash as a key of a Map: four UTF-16 units, 24 bytes of heap, where digits would take 100. */
const keyOf = (low: number, high: number): string =>
  String.fromCharCode(high >>> 16, high & 0xffff, low >>> 16, low & 0xffff);

export class Parking {
  /** Oldest first. */
  readonly #blocks = new Set<ParkedBlock>();
  readonly #byLane = new Map<Lane, Map<string, ParkedBlock>>();

  get count(): number {
    return this.#blocks.size;
  }
  oldest(): ParkedBlock | undefined {
    return this.#blocks.values().next().value;
  }
  find(lane: Lane, low: number, high: number): ParkedBlock | undefined {
    return this.#byLane.get(lane)?.get(keyOf(low, high));
  }
  /** Parks a block; an earlier one of the same lane and hash is forgotten. */
  replace(block: ParkedBlock): void {
    const { holder } = block.lane;
    const earlier = this.find(block.lane, block.low, block.high);
    if (earlier !== undefined) this.remove(earlier);
    this.#blocks.add(block);
    let own = this.#byLane.get(block.lane);
    if (own === undefined) this.#byLane.set(block.lane, (own = new Map()));
    own.set(keyOf(block.low, block.high), block);
    const parent = keyOf(block.parentLow, block.parentHigh);
    const first = holder.waiting.get(parent) ?? null;
    block.next = first;
    if (first !== null) first.previous = block;
    holder.waiting.set(parent, block);
  }
  remove(block: ParkedBlock): void {
    this.#blocks.delete(block);
    const own = this.#byLane.get(block.lane);
    own?.delete(keyOf(block.low, block.high));
    if (own?.size === 0) this.#byLane.delete(block.lane);
    const { next, previous } = block;
    if (next !== null) next.previous = previous;
    if (previous !== null) {
      previous.next = next;
      return;
    }
    const { waiting } = block.lane.holder;
    const parent = keyOf(block.parentLow, block.parentHigh);
    if (next !== null) waiting.set(parent, next);
    else waiting.delete(parent);
  }
  /** Those of the holder that wait for this hash. */
  waitingFor(holder: Holder, low: number, high: number): ParkedBlock[] {
    const found: ParkedBlock[] = [];
    if (holder.waiting.size === 0) return found;
    for (let block = holder.waiting.get(keyOf(low, high)) ?? null; block !== null; block = block.next)
      found.push(block);
    return found;
  }
  removeLane(lane: Lane): void {
    for (const block of this.#byLane.get(lane)?.values() ?? []) this.remove(block);
  }
}
