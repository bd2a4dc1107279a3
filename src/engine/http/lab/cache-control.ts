/** POST /lab/cache: fills and empties the cache directly, one batch per call. */
import type { Adapter, BlockSpan } from "../../cache/engine-types.js";
import type { Engine } from "../../engine.js";
import type { RankLoop } from "../../rank-loop.js";
import { type LabBody, labBody, labError, labList, labNumber, labText } from "./lab-fields.js";

/** Token lists per call. */
const MAX_LISTS = 10_000;

interface TokenList {
  readonly tokens: Uint32Array;
  readonly adapter: Adapter | null;
  readonly salt: string | null;
  /** Evictions only: blocks [from, until). */
  readonly span: BlockSpan;
}

const anyBlock = { low: 0, high: Number.MAX_SAFE_INTEGER };

export const cacheFields = ["store", "evict", "rank"];

/**
 * Evictions first, then stores, as within a step of vLLM. `stored` counts blocks cached anew, `evicted` physical copies
 * dropped (blocks in use stay). `seq` is the number of the batch that said so, null when nothing changed.
 */
export async function controlCache(
  engine: Engine,
  value: unknown,
): Promise<{ seq: number | null; stored: number; evicted: number }> {
  const body = labBody(value, cacheFields);
  const loop = labRank(engine, body);
  const store = tokenLists(engine, body, "store", ["tokens", "lora", "salt"]);
  const evict = tokenLists(engine, body, "evict", ["tokens", "lora", "salt", "from", "until"]);
  // What the cache already wanted to say leaves in a batch of its own.
  loop.flushLabEvents();
  let stored = 0;
  let evicted = 0;
  for (const { tokens, adapter, salt, span } of evict) evicted += loop.core.evictBlocks(tokens, adapter, salt, span);
  for (const { tokens, adapter, salt } of store) stored += loop.core.storeBlocks(tokens, adapter, salt).stored;
  const seq = await new Promise<number | null>((resolve) => {
    if (!loop.flushLabEvents(resolve)) resolve(null);
  });
  return { seq, stored, evicted };
}

export function labRank(engine: Engine, body: LabBody): RankLoop {
  return engine.loops[labNumber(body, "rank", { low: 0, high: engine.loops.length - 1 }, 0)] as RankLoop;
}

function tokenLists(engine: Engine, body: LabBody, name: string, fields: readonly string[]): TokenList[] {
  return labList(body, name, MAX_LISTS).map((entry, i) => {
    const where = `${name}[${i}]`;
    const list = labBody(entry, fields, where);
    const lora = labText(list, "lora");
    const adapter = lora === null ? null : engine.adapters.get(lora);
    if (adapter === undefined) throw labError(`${where}: adapter "${lora}" is not loaded`);
    return {
      tokens: tokensOf(engine, list.tokens, where),
      adapter,
      salt: labText(list, "salt"),
      span: { from: labNumber(list, "from", anyBlock, 0), until: labNumber(list, "until", anyBlock, anyBlock.high) },
    };
  });
}

function tokensOf(engine: Engine, value: unknown, where: string): Uint32Array {
  const { vocabSize } = engine.options;
  const fits = (token: unknown): boolean =>
    Number.isInteger(token) && (token as number) >= 0 && (token as number) < vocabSize;
  if (!Array.isArray(value) || !value.every(fits))
    throw labError(`${where}.tokens must be a list of token ids below ${vocabSize}`);
  return Uint32Array.from(value as number[]);
}
