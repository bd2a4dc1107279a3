/**
 * A long history without a lab: a fleet that stores and evicts prompts, and a system under test that answers every question
 * rightly. For the judge's speed and memory; nothing in it says how engines really behave.
 */
import type { LedgerChange } from "../../base/ledger.js";
import { Rng } from "../../base/rng.js";
import type { HistoryRecord } from "../history/records.js";
import { aHistory } from "./a-history.js";

const MS = 1e6;
const PROMPT_BLOCKS = 8;
/** Records per second of the run. */
const RATE_PER_S = 10_000;

export interface SyntheticRun {
  readonly records: number;
  readonly engines: number;
  /** Prompts that an engine holds at once; a longer run means more evictions, not more memory of the engine. */
  readonly residentPrompts: number;
  readonly seed: number;
}

interface SyntheticEngine {
  readonly name: string;
  seq: number;
  /** Resident prompts, oldest first. */
  readonly resident: number[];
}

/** Exactly `records` records: about 55 % ledger batches of 8 to 16 block operations, 25 % queries, 20 % prompts and routes. */
export function* syntheticRun(options: SyntheticRun): Generator<HistoryRecord> {
  const rng = new Rng(options.seed);
  const opening = aHistory();
  const engines = Array.from({ length: options.engines }, (_, i): SyntheticEngine => {
    opening.engine(`m/${i}`);
    return { name: `m/${i}`, seq: 0, resident: [] };
  });
  const opened = opening.records;
  yield* opened;
  const holders = new Map<number, Set<string>>();
  let prompts = 0;
  let at = 2000 * MS;
  const body = options.records - opened.length - 1;
  for (let made = 0; made < body; made++) {
    at += Math.round(1e9 / RATE_PER_S);
    const kind = made % 20;
    const engine = rng.pick(engines);
    if (prompts === 0 || kind === 0) yield promptRecord(prompts++, at);
    else if (kind < 12)
      yield store(engine, rng.int(Math.max(0, prompts - 50_000), prompts - 1), at, holders, options.residentPrompts);
    else {
      const prompt = rng.pick(engine.resident.length > 0 ? engine.resident : [rng.int(0, prompts - 1)]);
      const holding = holders.get(prompt) ?? new Set<string>();
      if (kind < 17) yield answer(prompt, at, holding);
      else yield routed(prompt, at, [...holding][0] ?? engine.name);
    }
  }
  yield { k: "phase", at: at + 1, name: "end" };
}

function store(
  engine: SyntheticEngine,
  prompt: number,
  at: number,
  holders: Map<number, Set<string>>,
  limit: number,
): HistoryRecord {
  const changes: LedgerChange[] = [];
  const evicted = engine.resident.length >= limit ? (engine.resident.shift() as number) : -1;
  if (evicted >= 0) {
    changes.push({ op: "remove", blocks: blocksOf(evicted).reverse() });
    if (!engine.resident.includes(evicted)) forget(holders, evicted, engine.name);
  }
  changes.push({ op: "store", blocks: blocksOf(prompt) });
  engine.resident.push(prompt);
  const holding = holders.get(prompt) ?? new Set<string>();
  holders.set(prompt, holding.add(engine.name));
  return { k: "ledger", at, engine: engine.name, epoch: 1, rank: 0, seq: engine.seq++, at_ns: at, changes };
}

function forget(holders: Map<number, Set<string>>, prompt: number, engine: string): void {
  const holding = holders.get(prompt);
  holding?.delete(engine);
  if (holding?.size === 0) holders.delete(prompt);
}

function answer(prompt: number, at: number, holding: ReadonlySet<string>): HistoryRecord {
  const answer = Object.fromEntries([...holding].map((engine) => [engine, PROMPT_BLOCKS]));
  return { k: "query", at, inv: at - MS / 20, ret: at, prompt: `p${prompt}`, probe: "sample", answer };
}

function routed(prompt: number, at: number, engine: string): HistoryRecord {
  const inv = at - MS / 20;
  return { k: "route", at, inv, due: inv, chosenAt: at, ret: at, prompt: `p${prompt}`, dry: true, engine, loads: {} };
}

function promptRecord(prompt: number, at: number): HistoryRecord {
  const chain = blocksOf(prompt).map(([identity]) => identity);
  const tokens = PROMPT_BLOCKS * 16;
  return { k: "prompt", at, id: `p${prompt}`, model: "m", adapter: null, salt: null, tokens, chain };
}

/** Cheap identities that are as spread out as hashes. */
function blocksOf(prompt: number): [identity: string, hash: string][] {
  return Array.from({ length: PROMPT_BLOCKS }, (_, i): [string, string] => {
    const block = prompt * PROMPT_BLOCKS + i;
    const word = (Math.imul(block + 1, 0x9e3779b1) >>> 0).toString(16).padStart(8, "0");
    const identity = `${word}${word}${block.toString(16).padStart(16, "0")}`;
    return [identity, identity.slice(16)];
  });
}
