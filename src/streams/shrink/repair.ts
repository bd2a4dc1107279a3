/**
 * Leaves out what only the shrinking broke: stores below a parent that is gone, removals of what is not held. Else a system
 * would be blamed for streams that no engine sends.
 */
import type { BlockRemoved, KvEvent } from "../../protocol/kv-event.js";
import { hashKey } from "../hash-key.js";
import { HeldCopies } from "../lint/held-copies.js";
import { type Scene, type Step, withEvents } from "./scene.js";

export function repaired({ streams, steps }: Scene): Scene {
  const held = new Map<string, HeldCopies>();
  const kept: Step[] = [];
  for (const step of steps) {
    if (step.events === null) {
      kept.push(step);
      continue;
    }
    const key = `${step.stream} ${step.life}`;
    let copies = held.get(key);
    if (copies === undefined) held.set(key, (copies = new HeldCopies()));
    const events = sound(step.events, copies);
    if (events.length === 0) continue;
    const same = events.length === step.events.length && events.every((event, i) => event === step.events?.[i]);
    kept.push(same ? step : withEvents(step, events));
  }
  return { streams, steps: kept };
}

function sound(events: readonly KvEvent[], held: HeldCopies): KvEvent[] {
  const kept: KvEvent[] = [];
  for (const event of events) {
    if (event.type === "cleared") held.clear();
    if (event.type === "removed") {
      const left = stillHeld(event, held);
      if (left !== null) kept.push(left);
      continue;
    }
    if (event.type === "stored") {
      const group = event.groupIdx ?? 0;
      const dense = (event.specKind ?? "full_attention") === "full_attention";
      if (dense && event.parent !== null && !held.holds(group, hashKey(event.parent))) continue;
      for (const hash of event.blockHashes) held.add(group, event.medium ?? "", hashKey(hash));
    }
    kept.push(event);
  }
  return kept;
}

function stillHeld(event: BlockRemoved, held: HeldCopies): BlockRemoved | null {
  const blockHashes = event.blockHashes.filter((hash) =>
    held.remove(event.groupIdx ?? 0, event.medium ?? "", hashKey(hash)),
  );
  if (blockHashes.length === 0) return null;
  return blockHashes.length === event.blockHashes.length ? event : { ...event, blockHashes };
}
