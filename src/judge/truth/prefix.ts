/**
 * How long a prefix of a chain one holder had, in each of the senses the properties need. Each function walks the chain and
 * stops at the first block that fails, so its cost is the length of the answer.
 */
import { Flag, type Holder } from "./holder.js";

/** Each block was held at some moment of [from, to] (P⁺). The first `known` are known to have been. */
export function possiblePrefix(
  holder: Holder,
  chain: Int32Array,
  blocks: number,
  from: number,
  to: number,
  known = 0,
): number {
  for (let i = known; i < blocks; i++) {
    const entry = holder.entry(chain[i] as number);
    if (entry < 0 || !holder.possibly(entry, from, to)) return i;
  }
  return blocks;
}

/** Each block was held at every moment of [from, to] (P⁻). */
export function throughoutPrefix(holder: Holder, chain: Int32Array, blocks: number, from: number, to: number): number {
  for (let i = 0; i < blocks; i++) {
    const entry = holder.entry(chain[i] as number);
    if (entry < 0 || !holder.throughout(entry, from, to)) return i;
  }
  return blocks;
}

/**
 * Each block was held at every moment of [from, to], and a consumer could know it: its stores (of every group) were told on the wire, and
 * after `lostBefore`, a loss that nothing can repair; with `gpuOnly`, it never left the GPU.
 */
export function certainPrefix(
  holder: Holder,
  chain: Int32Array,
  blocks: number,
  window: { readonly from: number; readonly to: number; readonly gpuOnly: boolean },
  lostBefore: number,
): number {
  const unknowable = window.gpuOnly ? Flag.untoldStore | Flag.offGpu : Flag.untoldStore;
  for (let i = 0; i < blocks; i++) {
    const entry = holder.entry(chain[i] as number);
    if (entry < 0 || !holder.throughout(entry, window.from, window.to)) return i;
    if ((holder.flags(entry) & unknowable) !== 0) return i;
    const since = holder.copiesSince(entry);
    if (since !== undefined && since <= lostBefore) return i;
  }
  return blocks;
}

/** There was one moment of [from, to] at which all blocks were held together. */
export function togetherPrefix(holder: Holder, chain: Int32Array, blocks: number, from: number, to: number): number {
  let moments: [number, number][] = [[from, to]];
  for (let i = 0; i < blocks; i++) {
    const entry = holder.entry(chain[i] as number);
    if (entry < 0) return i;
    moments = overlaps(moments, holder.intervals(entry, from, to));
    if (moments.length === 0) return i;
  }
  return blocks;
}

/** Each block was held at some time, in any life (E). */
export function everPrefix(holder: Holder, chain: Int32Array, blocks: number): number {
  return flaggedPrefix(holder, chain, blocks, Flag.ever);
}

/** Each block was held at some time of the present life. */
export function lifePrefix(holder: Holder, chain: Int32Array, blocks: number): number {
  return flaggedPrefix(holder, chain, blocks, Flag.inLife);
}

function flaggedPrefix(holder: Holder, chain: Int32Array, blocks: number, flag: number): number {
  for (let i = 0; i < blocks; i++) {
    const entry = holder.entry(chain[i] as number);
    if (entry < 0 || (holder.flags(entry) & flag) === 0) return i;
  }
  return blocks;
}

function overlaps(a: readonly [number, number][], b: readonly [number, number][]): [number, number][] {
  const both: [number, number][] = [];
  for (const [fromA, toA] of a) {
    for (const [fromB, toB] of b) {
      const from = Math.max(fromA, fromB);
      const to = Math.min(toA, toB);
      if (from <= to) both.push([from, to]);
    }
  }
  return both;
}
