/** Taking entries away: one copy of a hash, or all entries that a test names. */
import type { BlockStore } from "./block-store.js";
import type { Holder, Lane } from "./holder.js";
import { NO_NODE, UNPLACED } from "./node-table.js";

/** Takes one copy of the hash in a medium; false = none was known. */
export function removeHash(store: BlockStore, lane: Lane, column: number, low: number, high: number): boolean {
  if (lane.ambiguous) return removeAmbiguous(store, lane, column, low, high);
  const { held } = lane;
  const slot = held.find(low, high);
  if (slot < 0) return false;
  const copies = held.copies(slot, column);
  if (copies === 0) return false;
  if (copies > 1) held.setCopies(slot, column, copies - 1);
  else if (held.extraColumns === 0) store.drop(lane, slot);
  else {
    held.setCopies(slot, column, 0);
    if (!held.isHeld(slot)) store.drop(lane, slot);
  }
  return true;
}

/** A hash that stands for several blocks: the removal may mean any of them, so each loses a copy. */
function removeAmbiguous(store: BlockStore, lane: Lane, column: number, low: number, high: number): boolean {
  const { held } = lane;
  let known = false;
  for (let slot = held.find(low, high); slot >= 0; slot = held.findNext(slot, low, high)) {
    const copies = held.copies(slot, column);
    if (copies === 0) continue;
    held.setCopies(slot, column, copies - 1);
    known = true;
  }
  for (let slot = held.find(low, high); slot >= 0; ) {
    if (held.isHeld(slot)) slot = held.findNext(slot, low, high);
    else {
      store.drop(lane, slot);
      slot = held.find(low, high);
    }
  }
  return known;
}

/** Forgets every entry of the lane for which `test(slot, node)` holds; `node` may be {@link UNPLACED}. Returns how many. */
export function dropWhere(store: BlockStore, lane: Lane, test: (slot: number, node: number) => boolean): number {
  const { held } = lane;
  const doomed: number[] = [];
  for (let slot = 0; slot < held.capacity; slot++) {
    const node = held.nodeAt(slot);
    if (node !== NO_NODE && test(slot, node)) doomed.push(held.hashLow(slot), held.hashHigh(slot), node);
  }
  for (let i = 0; i < doomed.length; i += 3) {
    const [low, high] = [doomed[i] as number, doomed[i + 1] as number];
    let slot = held.find(low, high);
    while (slot >= 0 && held.nodeAt(slot) !== doomed[i + 2]) slot = held.findNext(slot, low, high);
    if (slot >= 0) store.drop(lane, slot);
  }
  held.shrink();
  return doomed.length / 3;
}

/** Forgets what the holder has of one adapter. Parked blocks of it go too; their removals become unknown ones. */
export function dropAdapter(store: BlockStore, holder: Holder, lora: string | null): number {
  let dropped = 0;
  for (const lane of holder.lanes) {
    const { held } = lane;
    dropped += dropWhere(store, lane, (slot, node) => {
      if (node !== UNPLACED) return store.contextOf(node).lora === lora;
      const parked = store.parking.find(lane, held.hashLow(slot), held.hashHigh(slot));
      return parked !== undefined && parked.lora === lora;
    });
  }
  return dropped;
}
