/**
 * What happens at the cap: what retired lanes left goes first; then the lane that holds most gives up its oldest generation, whole, as often as it takes. So a
 * stream that never sends removals pays for itself, and others keep what they have. Entries forgotten only shorten
 * answers: later removals of them are unknown ones, and their children stay where they are, behind a hole.
 *
 * Age = generation in which the hash was last stored; a generation is a sixteenth of what the lane held when it began.
 */
import type { BlockStore } from "./block-store.js";
import type { Lane } from "./holder.js";
import { dropWhere } from "./removal.js";
import { NO_NODE } from "./node-table.js";

const GENERATION_MASK = 0xffff;
/** Slots of retired lanes that are taken out at a time when room is needed. */
const SWEEP_SLOTS = 4096;

/** Forgets entries until `count` new ones (at most the cap) fit. */
export function makeRoom(store: BlockStore, count: number): void {
  while (store.entries + count > store.maxEntries) {
    if (store.retired.count > 0) {
      store.sweep(SWEEP_SLOTS);
      continue;
    }
    const lane = fullest(store);
    const oldest = oldestAge(lane);
    store.counters.evictedByCap += dropWhere(store, lane, (slot) => ageAt(lane, slot) === oldest);
  }
}

function fullest(store: BlockStore): Lane {
  let found: Lane | undefined;
  for (const lane of store.lanes) {
    if (lane !== undefined && (found === undefined || lane.held.count > found.held.count)) found = lane;
  }
  return found as Lane;
}
function ageAt(lane: Lane, slot: number): number {
  return (lane.generation - lane.held.generation(slot)) & GENERATION_MASK;
}
function oldestAge(lane: Lane): number {
  const { held } = lane;
  let oldest = 0;
  for (let slot = 0; slot < held.capacity; slot++) {
    if (held.nodeAt(slot) !== NO_NODE) oldest = Math.max(oldest, ageAt(lane, slot));
  }
  return oldest;
}
