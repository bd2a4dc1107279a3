/** Makes what is left readable: one token per block, counted up; hashes counted up; times that are no times. */
import type { BlockStored, KvEvent, WireHash } from "../../protocol/kv-event.js";
import { contentsOf } from "../oracle/block-content.js";
import { hashKey } from "../hash-key.js";
import type { StillFails } from "./passes.js";
import { type Scene, withEvents } from "./scene.js";

type Change = (event: KvEvent) => KvEvent;

/** Takes each simplification that still fails, the strongest first. */
export async function simplified(scene: Scene, fails: StillFails): Promise<Scene> {
  let left = scene;
  const simplifications = [
    () => [plainText],
    () => [blocksOfOneToken(), countedHashes()],
    () => [blocksOfOneToken()],
    () => [countedHashes()],
    () => [withoutSession],
  ];
  for (const changesOf of simplifications) {
    const changes: readonly Change[] = changesOf();
    const simpler = changed(left, changes);
    if (simpler !== null && (await fails(simpler))) left = simpler;
  }
  return left;
}

/** null = nothing would change. */
function changed(scene: Scene, changes: readonly Change[]): Scene | null {
  let differs = false;
  const steps = scene.steps.map((step, at) => {
    if (step.events === null) return step;
    const events = step.events.map((event) => changes.reduce((before, change) => change(before), event));
    if (JSON.stringify(events, asText) === JSON.stringify(step.events, asText)) return step;
    differs = true;
    return { ...withEvents(step, events), ts: at + 1 };
  });
  return differs ? { ...scene, steps } : null;
}

/** Equal blocks stay equal, others differ. Events that tell no block's tokens keep what they have. */
function blocksOfOneToken(): Change {
  const tokenOf = new Map<string, number>();
  return (event) => {
    if (event.type !== "stored") return event;
    const contents = contentsOf(event);
    if (contents.length === 0) return event;
    const tokenIds = contents.map(({ tokens }) => {
      const key = tokens.join();
      const token = tokenOf.get(key) ?? tokenOf.size + 1;
      tokenOf.set(key, token);
      return token;
    });
    return { ...event, tokenIds, blockSize: 1 };
  };
}

function countedHashes(): Change {
  const numberOf = new Map<string, bigint>();
  const counted = (hash: WireHash): WireHash => {
    if (typeof hash !== "bigint") return hash;
    const key = hashKey(hash);
    const number = numberOf.get(key) ?? BigInt(numberOf.size + 1);
    numberOf.set(key, number);
    return number;
  };
  return (event) => {
    if (event.type === "cleared") return event;
    if (event.type === "removed") return { ...event, blockHashes: event.blockHashes.map(counted) };
    const parent = event.parent === null ? null : counted(event.parent);
    return { ...event, parent, blockHashes: event.blockHashes.map(counted) };
  };
}

/** No adapter, salt, image or session. */
function plainText(event: KvEvent): KvEvent {
  if (event.type !== "stored") return event;
  const { cacheSalt: _, ...rest } = withoutSession(event) as BlockStored;
  const extraKeys = rest.extraKeys ? { extraKeys: rest.extraKeys.map(() => null) } : {};
  return { ...rest, loraName: null, loraId: null, ...extraKeys };
}

function withoutSession(event: KvEvent): KvEvent {
  if (event.type !== "stored" || !event.sessionId) return event;
  const { sessionId: _, ...rest } = event;
  return rest satisfies BlockStored;
}

function asText(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? `${value}n` : value;
}
