/**
 * A block that no one else has, stored last on each stream: once a system answers it, it has read all that came before, and its
 * answers can be judged without guessing how long it may take.
 */
import type { BlockStored, WireHash } from "../../protocol/kv-event.js";
import type { Question } from "../oracle/naive-stream.js";
import type { Scene, Step } from "./scene.js";

/** Above every vocabulary. */
const FIRST_TOKEN = 0xf000_0000;
const DEFAULT_BLOCK_SIZE = 16;

export interface Marker {
  readonly engine: string;
  readonly step: Step;
  readonly question: Question;
}

export function markersOf({ streams, steps }: Scene): Marker[] {
  const last = new Map<number, Step>();
  for (const step of steps) last.set(step.stream, step);
  return [...last.values()].map((step) => {
    const engine = streams[step.stream]?.engine ?? "";
    const events = steps.flatMap(({ stream, life, events }) =>
      stream === step.stream && life === step.life ? (events ?? []) : [],
    );
    const stores = events.filter((event) => event.type === "stored");
    const model = stores.find(({ tokenIds }) => tokenIds.length > 0);
    const blockSize = model?.blockSize || blockSizeIn(steps);
    const tokens = Array.from({ length: blockSize }, () => FIRST_TOKEN + step.stream);
    const groups = new Set(stores.map(({ groupIdx }) => groupIdx ?? null));
    if (groups.size === 0) groups.add(null);
    const marks = [...groups].map((groupIdx) => mark(model, step.stream, tokens, groupIdx));
    return { engine, step: { ...step, events: marks, payload: null }, question: { lora: null, salt: null, tokens } };
  });
}

function mark(
  model: BlockStored | undefined,
  stream: number,
  tokens: readonly number[],
  groupIdx: number | null,
): BlockStored {
  return {
    type: "stored",
    blockHashes: [hashLike(model?.blockHashes[0], stream)],
    parent: null,
    tokenIds: tokens,
    blockSize: tokens.length,
    loraId: null,
    loraName: null,
    medium: model?.medium ?? "GPU",
    extraKeys: [null],
    groupIdx,
    specKind: model?.specKind ?? null,
  };
}

/** Of the same form as the stream's own hashes. */
function hashLike(hash: WireHash | undefined, stream: number): WireHash {
  if (hash === undefined || typeof hash === "bigint") return 0x7aa7_0000_0000_0000n + BigInt(stream);
  const bytes = new Uint8Array(hash.length).fill(0x7a);
  new DataView(bytes.buffer).setUint32(bytes.length - 4, stream);
  return bytes;
}

/** All engines of one model have one block size. */
function blockSizeIn(steps: readonly Step[]): number {
  for (const { events } of steps)
    for (const event of events ?? []) if (event.type === "stored" && event.blockSize > 0) return event.blockSize;
  return DEFAULT_BLOCK_SIZE;
}
