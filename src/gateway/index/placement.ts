/** Where a hash stands: finding it on a holder, putting it there, and telling those that waited for it. */
import type { BlockStore } from "./block-store.js";
import type { Holder, Lane } from "./holder.js";
import { KEY_HIGH, KEY_LOW, NODE_WORDS, NO_NODE, UNPLACED } from "./node-table.js";
import { agrees } from "./parking.js";
import type { Claim } from "./parking.js";

/**
 * The node at which the lane's holder has this hash, in a context that agrees with the claim (null = any). {@link NO_NODE} if
 * there is none, or if several make it a guess.
 */
export function findPlaced(store: BlockStore, lane: Lane, low: number, high: number, claim: Claim | null): number {
  const own = placedIn(store, lane, low, high, claim);
  if (own !== NO_NODE || lane.holder.lanes.length === 1) return own;
  for (const other of lane.holder.lanes) {
    const node = other === lane ? NO_NODE : placedIn(store, other, low, high, claim);
    if (node !== NO_NODE) return node;
  }
  return NO_NODE;
}
function placedIn(store: BlockStore, lane: Lane, low: number, high: number, claim: Claim | null): number {
  const { held } = lane;
  let found = NO_NODE;
  for (let slot = held.find(low, high); slot >= 0; slot = lane.ambiguous ? held.findNext(slot, low, high) : -1) {
    const node = held.nodeAt(slot);
    if (node === UNPLACED || (claim !== null && !agrees(store.contextOf(node), claim))) continue;
    if (found !== NO_NODE) return NO_NODE;
    found = node;
  }
  return found;
}

/**
 * One more copy of a hash, at this node. Placed elsewhere already: the engine uses one hash for two blocks; both are kept,
 * and a removal, which cannot say which one it means, takes a copy from each. So every count stays at or below what is
 * resident.
 */
export function holdAt(store: BlockStore, lane: Lane, low: number, high: number, column: number, node: number): void {
  const { held } = lane;
  const first = held.find(low, high);
  if (first < 0) store.insert(lane, first, low, high, column, node);
  else if (held.nodeAt(first) === UNPLACED) {
    // Copies of a block that waits under another adapter are not copies of this one.
    const parked = store.parking.find(lane, low, high);
    if (parked !== undefined && !agrees(store.contextOf(node), parked)) held.clearCopies(first);
    settle(store, lane, first, node);
    store.addCopy(lane, first, column);
  } else {
    for (let slot = first; slot >= 0; slot = held.findNext(slot, low, high)) {
      if (held.nodeAt(slot) !== node) continue;
      store.addCopy(lane, slot, column);
      return;
    }
    lane.ambiguous = true;
    store.counters.conflicts++;
    store.insert(lane, first, low, high, column, node);
  }
  if (lane.holder.unplaced > 0) adopt(store, lane.holder, low, high, node);
}

function settle(store: BlockStore, lane: Lane, slot: number, node: number): void {
  const parked = store.parking.find(lane, lane.held.hashLow(slot), lane.held.hashHigh(slot));
  if (parked !== undefined) store.parking.remove(parked);
  store.settle(lane, slot, node);
}

/** A hash of the holder has found its place: so have its unplaced entries in other groups, and the blocks that wait for it. */
function adopt(store: BlockStore, holder: Holder, low: number, high: number, node: number): void {
  const found = [{ low, high, node }];
  for (let next = found.pop(); next !== undefined; next = found.pop()) {
    for (const lane of holder.lanes) {
      const slot = lane.unplaced > 0 ? lane.held.find(next.low, next.high) : -1;
      if (slot < 0 || lane.held.nodeAt(slot) !== UNPLACED) continue;
      const parked = store.parking.find(lane, next.low, next.high);
      if (parked === undefined || agrees(store.contextOf(next.node), parked)) settle(store, lane, slot, next.node);
    }
    for (const block of store.parking.waitingFor(holder, next.low, next.high)) {
      const parent = findPlaced(store, block.lane, next.low, next.high, block);
      if (parent === NO_NODE) continue;
      const slot = block.lane.held.find(block.low, block.high);
      const child = childOf(store, parent, block.contentLow, block.contentHigh);
      settle(store, block.lane, slot, child);
      store.counters.orphansAdopted++;
      found.push({ low: block.low, high: block.high, node: child });
    }
  }
}
function childOf(store: BlockStore, parent: number, contentLow: number, contentHigh: number): number {
  const { hasher, nodes } = store;
  const at = parent * NODE_WORDS;
  hasher.contents[0] = contentLow;
  hasher.contents[1] = contentHigh;
  hasher.chain(1, nodes.words[at + KEY_LOW] as number, nodes.words[at + KEY_HIGH] as number);
  return store.nodeFor(hasher.keys[0] as number, hasher.keys[1] as number, store.contextOf(parent), parent);
}
