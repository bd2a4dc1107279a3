/** The ways in which a scene is made smaller, coarse to fine. Each is given a question "does this still fail?" and asks it often. */
import type { KvEvent } from "../../protocol/kv-event.js";
import { ddmin } from "./ddmin.js";
import { type Scene, type Step, withEvents } from "./scene.js";

export type StillFails = (scene: Scene) => Promise<boolean>;

/** Whole publishers, then lives, then batches. */
export async function fewerSteps(scene: Scene, fails: StillFails): Promise<Scene> {
  let { steps } = scene;
  for (const keyOf of [({ stream }: Step) => `${stream}`, ({ stream, life }: Step) => `${stream} ${life}`]) {
    const keys = [...new Set(steps.map(keyOf))];
    const all = steps;
    const ofKeys = (kept: readonly string[]): Step[] => all.filter((step) => kept.includes(keyOf(step)));
    const kept = await ddmin(keys, (part) => fails({ ...scene, steps: ofKeys(part) }));
    steps = ofKeys(kept);
  }
  return { ...scene, steps: await ddmin(steps, (part) => fails({ ...scene, steps: part })) };
}

/** Events within batches. */
export async function fewerEvents(scene: Scene, fails: StillFails): Promise<Scene> {
  const units = scene.steps.flatMap((step, at) =>
    step.events === null ? [{ at, event: null }] : step.events.map((event) => ({ at, event: event as KvEvent | null })),
  );
  const build = (part: readonly { at: number; event: KvEvent | null }[]): Scene =>
    rebuilt(scene, (step, at) => {
      const own = part.filter((unit) => unit.at === at);
      if (step.events === null) return own.length > 0 ? step : null;
      const events = own.flatMap(({ event }) => (event === null ? [] : [event]));
      return events.length === 0 ? null : events.length === step.events.length ? step : withEvents(step, events);
    });
  return build(await ddmin(units, (part) => fails(build(part))));
}

/** Blocks of stores from their end, hashes of removals anywhere. */
export async function fewerBlocks(scene: Scene, fails: StillFails): Promise<Scene> {
  interface Unit {
    readonly at: number;
    readonly event: number;
    readonly block: number;
  }
  const units = scene.steps.flatMap((step, at) =>
    (step.events ?? []).flatMap((event, i) =>
      event.type === "cleared" ? [] : event.blockHashes.map((_, block): Unit => ({ at, event: i, block })),
    ),
  );
  const build = (part: readonly Unit[]): Scene =>
    rebuilt(scene, (step, at) => {
      if (step.events === null) return step;
      const own = part.filter((unit) => unit.at === at);
      const events = step.events.flatMap((event, i) => {
        const blocks = new Set(own.filter((unit) => unit.event === i).map(({ block }) => block));
        const left = withBlocks(event, blocks);
        return left === null ? [] : [left];
      });
      if (events.length === 0) return null;
      const same = events.length === step.events.length && events.every((event, i) => event === step.events?.[i]);
      return same ? step : withEvents(step, events);
    });
  return build(await ddmin(units, (part) => fails(build(part))));
}

/**
 * Chains lose their beginnings: each store in turn becomes a root of its own, its last block alone if that will do. What it was
 * below can then go in the next round.
 */
export async function shorterChains(scene: Scene, fails: StillFails): Promise<Scene> {
  let left = scene;
  for (let at = 0; at < left.steps.length; at++) {
    for (let i = 0; i < (left.steps[at]?.events?.length ?? 0); i++) {
      for (const cut of [lastBlockAlone, asRoot]) {
        const candidate = rebuilt(left, (step, where) => {
          const event = step.events?.[i];
          if (where !== at || event === undefined) return step;
          const shorter = cut(event);
          return shorter === event ? step : withEvents(step, step.events?.with(i, shorter) ?? []);
        });
        if (candidate.steps[at] === left.steps[at] || !(await fails(candidate))) continue;
        left = candidate;
        break;
      }
    }
  }
  return left;
}

function asRoot(event: KvEvent): KvEvent {
  return event.type !== "stored" || event.parent === null ? event : { ...event, parent: null };
}

function lastBlockAlone(event: KvEvent): KvEvent {
  if (event.type !== "stored") return event;
  const { blockHashes, blockSize, tokenIds } = event;
  if (blockHashes.length < 2 || tokenIds.length !== blockHashes.length * blockSize) return event;
  const extraKeys = event.extraKeys ? { extraKeys: event.extraKeys.slice(-1) } : {};
  return {
    ...event,
    parent: null,
    blockHashes: blockHashes.slice(-1),
    tokenIds: Array.from(tokenIds).slice(-blockSize),
    ...extraKeys,
  };
}

/** null = nothing of it is left. A store keeps the blocks up to the first that is gone. */
function withBlocks(event: KvEvent, blocks: ReadonlySet<number>): KvEvent | null {
  if (event.type === "cleared" || event.blockHashes.length === 0) return event;
  if (event.type === "removed") {
    const blockHashes = event.blockHashes.filter((_, i) => blocks.has(i));
    if (blockHashes.length === 0) return null;
    return blockHashes.length === event.blockHashes.length ? event : { ...event, blockHashes };
  }
  let count = 0;
  while (blocks.has(count)) count++;
  if (count === 0) return null;
  if (count === event.blockHashes.length) return event;
  const blockHashes = event.blockHashes.slice(0, count);
  const extraKeys = event.extraKeys ? { extraKeys: event.extraKeys.slice(0, count) } : {};
  const dense = event.tokenIds.length === event.blockHashes.length * event.blockSize;
  const tokenIds = dense ? Array.from(event.tokenIds).slice(0, count * event.blockSize) : event.tokenIds;
  return { ...event, blockHashes, tokenIds, ...extraKeys };
}

function rebuilt(scene: Scene, change: (step: Step, at: number) => Step | null): Scene {
  return { ...scene, steps: scene.steps.map(change).filter((step) => step !== null) };
}
