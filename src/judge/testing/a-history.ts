/**
 * Histories by hand, for tests of the judge: `aHistory().engine("a").prompt("p", 4).stores("a", "p").wait(500).asks("p", { a: 4 })`.
 * Time moves with every step; answers take 1 ms. Bounds are small and round: Δ 100 ms, ρ 1 s, δ_gap 500 ms, Δ_restart 300 ms.
 */
import { createHash } from "node:crypto";
import type { LedgerChange } from "../../base/ledger.js";
import { SUT_LIFE_MARK } from "../history/records.js";
import type {
  CounterRecord,
  DumpRecord,
  EngineRecord,
  FaultRecord,
  HistoryRecord,
  LedgerEntry,
  QueryRecord,
  RouteRecord,
  RunRecord,
  StreamRecord,
  SutCapabilities,
} from "../history/records.js";
import { judgeHistory } from "../judge.js";
import type { JudgeReport, PropertyResult } from "../verdict.js";

const MS = 1e6;
const STEP_MS = 0.01;
const START_MS = 1000;
export const BLOCK_SIZE = 16;

export const ALL_CAPABILITIES: SutCapabilities = {
  match: true,
  route: true,
  dump: true,
  streams: true,
  metrics: true,
  replay: true,
  lora: true,
  salt: true,
  tiers: true,
  proxy: true,
  lease_ms: null,
};

type RunOverrides = Partial<Omit<RunRecord, "k" | "sut">> & { readonly capabilities?: Partial<SutCapabilities> };

interface PromptOptions {
  readonly blocks: number;
  readonly model?: string;
  readonly adapter?: string;
  readonly salt?: string;
  /** Shares that many leading blocks with an earlier prompt. */
  readonly sharing?: readonly [prompt: string, blocks: number];
}

interface BlockOptions {
  /** Which blocks of the prompt, [from, to). */
  readonly from?: number;
  readonly to?: number;
  readonly rank?: number;
  readonly group?: number;
  readonly medium?: string;
  readonly wire?: "burnt" | "garbled";
  /** What the bytes make of the change itself. */
  readonly said?: "misplaced" | "doubled" | "unsaid";
}

interface Life {
  readonly model: string;
  epoch: number;
  seqs: number[];
  readonly options: EngineOptions;
}

type EngineOptions = Partial<
  Pick<EngineRecord, "model" | "groups" | "replay" | "replayBatches" | "events" | "kind">
> & {
  /** Added to the system under test at once; default true. */
  readonly joins?: boolean;
};

export function aHistory(overrides: RunOverrides = {}): HistoryBuilder {
  return new HistoryBuilder(overrides);
}

export class HistoryBuilder {
  readonly records: HistoryRecord[] = [];
  readonly #engines = new Map<string, Life>();
  readonly #chains = new Map<string, string[]>();
  #ms = START_MS;

  constructor({ capabilities, ...overrides }: RunOverrides) {
    this.records.push({
      k: "run",
      at: START_MS * MS,
      version: 1,
      scenario: "hand-made",
      title: "hand-made",
      seed: 1,
      lab: "none",
      sut: { name: "test", version: "0", capabilities: { ...ALL_CAPABILITIES, ...capabilities } },
      bounds: {
        stalenessNs: 100 * MS,
        recoveryNs: 1000 * MS,
        gapNs: 500 * MS,
        departureNs: 300 * MS,
        adapterNs: 200 * MS,
      },
      models: { m: { blockSize: BLOCK_SIZE }, n: { blockSize: BLOCK_SIZE } },
      policy: { minMatchBlocks: 1 },
      opportunities: {},
      thresholds: {},
      checks: [],
      requiredMarks: [],
      ...overrides,
    });
  }

  /** Milliseconds of the run. */
  get now(): number {
    return this.#ms - START_MS;
  }

  wait(ms: number): this {
    this.#ms += ms;
    return this;
  }

  add(record: DistributiveOmit<HistoryRecord, "at">): this {
    this.records.push({ ...record, at: this.#tick() } as HistoryRecord);
    return this;
  }

  engine(name: string, options: EngineOptions = {}): this {
    const { joins = true } = options;
    this.#engines.set(name, { model: options.model ?? "m", epoch: 1, seqs: [], options });
    this.life(name, "starting").life(name, "ready");
    return joins ? this.joins(name) : this;
  }

  life(name: string, event: EngineRecord["event"], unexpected = false): this {
    const { model, epoch, options } = this.#engine(name);
    const { groups, replay, replayBatches, events, kind } = options;
    const facts = defined({ groups, replay, replayBatches, events, kind });
    const exit = unexpected ? { unexpected } : {};
    return this.add({ k: "engine", engine: name, model, epoch, event, ...facts, ...exit });
  }

  joins(name: string): this {
    return this.add({ k: "member", engine: name, event: "added", startedAt: this.#ms * MS });
  }

  /** The system under test is being told to forget it. */
  isLeaving(name: string): this {
    return this.add({ k: "member", engine: name, event: "leaving", startedAt: this.#ms * MS });
  }

  leaves(name: string): this {
    return this.add({ k: "member", engine: name, event: "removed", startedAt: this.#ms * MS });
  }

  dies(name: string, unexpected = false): this {
    return (unexpected ? this : this.life(name, "killed")).life(name, "down", unexpected);
  }

  /** A new life under the same name; the old one must have ended. */
  returns(name: string): this {
    const life = this.#engine(name);
    life.epoch++;
    life.seqs = [];
    return this.life(name, "starting").life(name, "ready");
  }

  prompt(id: string, options: number | PromptOptions): this {
    const {
      blocks,
      model = "m",
      adapter = null,
      salt = null,
      sharing,
    } = typeof options === "number" ? { blocks: options } : options;
    const shared = sharing === undefined ? [] : this.#chain(sharing[0]).slice(0, sharing[1]);
    const own = Array.from({ length: blocks - shared.length }, (_, i) => identity(`${id}/${i}`));
    this.#chains.set(id, [...shared, ...own]);
    const base = sharing === undefined ? {} : { base: { prompt: sharing[0], sharedBlocks: sharing[1] } };
    return this.add({ k: "prompt", id, model, adapter, salt, tokens: blocks * BLOCK_SIZE + 1, ...base, chain: own });
  }

  /** One batch with these changes. */
  publishes(engine: string, changes: readonly LedgerChange[], options: BlockOptions = {}): this {
    const life = this.#engine(engine);
    const { rank = 0, wire } = options;
    const seq = life.seqs[rank] ?? 0;
    life.seqs[rank] = seq + 1;
    const at = this.#tick();
    const entry: LedgerEntry = { k: "ledger", at, engine, epoch: life.epoch, rank, seq, at_ns: at, changes };
    this.records.push(wire === undefined ? entry : { ...entry, wire });
    return this;
  }

  stores(engine: string, prompt: string, options: BlockOptions = {}): this {
    return this.publishes(engine, [this.#change("store", prompt, options)], options);
  }

  removes(engine: string, prompt: string, options: BlockOptions = {}): this {
    return this.publishes(engine, [this.#change("remove", prompt, options)], options);
  }

  clears(engine: string, options: BlockOptions = {}): this {
    return this.publishes(engine, [{ op: "clear" }], options);
  }

  asks(prompt: string, answer: Record<string, number>, options: Partial<QueryRecord> & { tookMs?: number } = {}): this {
    const { tookMs = 1, ...rest } = options;
    const inv = this.#tick();
    this.#ms += tookMs;
    const ret = this.#ms * MS;
    this.records.push({ k: "query", at: ret, inv, ret, prompt, probe: "sample", answer, ...rest });
    return this;
  }

  /** A question that is answered with an error. */
  fails(prompt: string, error = "refused"): this {
    const inv = this.#tick();
    const ret = ++this.#ms * MS;
    this.records.push({ k: "query", at: ret, inv, ret, prompt, probe: "sample", error });
    return this;
  }

  /** A dry run unless told otherwise; no loads. */
  /** `decidedAfterMs`: after it was asked, by the router's own account. */
  routes(
    prompt: string,
    engine: string,
    options: Partial<RouteRecord> & { tookMs?: number; decidedAfterMs?: number } = {},
  ): this {
    const { tookMs = 1, decidedAfterMs, ...rest } = options;
    const inv = this.#tick();
    const decided = decidedAfterMs === undefined ? {} : { decidedAt: inv + decidedAfterMs * MS };
    this.#ms += tookMs;
    const ret = this.#ms * MS;
    const times = { at: ret, inv, due: inv, chosenAt: ret, ret };
    this.records.push({ k: "route", ...times, prompt, dry: true, engine, loads: {}, ...decided, ...rest });
    return this;
  }

  requests(prompt: string, engine: string, options: Partial<RouteRecord> & { tookMs?: number } = {}): this {
    return this.routes(prompt, engine, { dry: false, status: 200, ...options });
  }

  fault(
    id: string,
    event: FaultRecord["event"],
    targets: readonly string[] = ["gateway"],
    fault = "link.partition",
  ): this {
    return this.add({ k: "fault", id, fault, targets, event });
  }

  /** The system under test was started again and is told anew of `members`. */
  sutRestarts(...members: string[]): this {
    this.add({ k: "mark", name: SUT_LIFE_MARK, detail: "ready" });
    for (const member of members) this.joins(member);
    return this;
  }

  stream(engine: string, account: Partial<StreamRecord>): this {
    const nothing = { duplicateBatches: 0, gaps: 0, missingBatches: 0, replayedBatches: 0, purges: 0, lives: 1 };
    return this.add({
      k: "stream",
      engine,
      rank: 0,
      state: "live",
      lastSeq: -1,
      appliedBatches: 0,
      ...nothing,
      ...account,
    });
  }

  counters(engine: string, counts: Partial<CounterRecord>): this {
    return this.add({
      k: "counters",
      engine,
      rank: 0,
      received: 0,
      applied: 0,
      duplicate: 0,
      rejected: 0,
      dropped: 0,
      ...counts,
    });
  }

  dump(engines: Record<string, number>, rest: Partial<DumpRecord> = {}): this {
    const totalBlocks = Object.values(engines).reduce((sum, blocks) => sum + blocks, 0);
    return this.add({ k: "dump", engines, totalBlocks, capBlocks: null, sideEntries: 0, ...rest });
  }

  /** The records so far and the end of the run. */
  finished(): HistoryRecord[] {
    return [...this.records, { k: "phase", at: this.#ms * MS, name: "end" }];
  }

  judged(): Promise<JudgeReport> {
    return judgeHistory(this.finished());
  }

  async verdictOf(property: string): Promise<PropertyResult> {
    const report = await this.judged();
    const result = report.properties.find((p) => p.id === property);
    if (result === undefined) throw new Error(`no property ${property}`);
    return result;
  }

  #change(op: "store" | "remove", prompt: string, { from = 0, to, group, medium, said }: BlockOptions): LedgerChange {
    const blocks = this.#chain(prompt)
      .slice(from, to)
      .map((id) => [id, id.slice(0, 16)] as const);
    const ordered = op === "store" ? blocks : blocks.reverse();
    return { op, blocks: ordered, ...defined({ group, medium, wire: said }) } as LedgerChange;
  }

  #chain(prompt: string): string[] {
    const chain = this.#chains.get(prompt);
    if (chain === undefined) throw new Error(`no prompt ${prompt}`);
    return chain;
  }

  #engine(name: string): Life {
    const engine = this.#engines.get(name);
    if (engine === undefined) throw new Error(`no engine ${name}`);
    return engine;
  }

  #tick(): number {
    this.#ms += STEP_MS;
    return this.#ms * MS;
  }
}

type DistributiveOmit<T, K extends keyof never> = T extends unknown ? Omit<T, K> : never;

function defined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}

export function identity(name: string): string {
  return createHash("sha256").update(name).digest("hex").slice(0, 32);
}
