/** What probes have in common: asking and recording, making prompts, steering caches, polling until something shows. */
import { delay } from "../../base/async.js";
import { NS_PER_MS } from "../../base/clock.js";
import { asError } from "../../base/errors.js";
import type { Rng } from "../../base/rng.js";
import type { ProbeKind, QueryRecord } from "../../judge/history/records.js";
import type { EngineHandle } from "../../lab/ports.js";
import { type Prompt, type PromptLineage, queryOf, randomTokens } from "../run/prompt-book.js";
import type { RunContext, StoredPrompt } from "../run/run-context.js";

/** Polling is quick at first, where latencies are measured, and then spares the machine. */
const QUICK_POLL_MS = 1;
const SLOW_POLL_MS = 8;
const QUICK_POLLS = 40;
/** Beyond the staleness bound, so that an answer asked after it exists when the change never shows. */
const BEYOND_BOUND_MS = 80;

export interface Asked {
  readonly probe: ProbeKind;
  /** Engine whose change is awaited. */
  readonly target?: string;
  /** Prompt whose tokens these are under another lineage. */
  readonly twin?: string;
}

/** Blocks [from, until) of a stored prompt; without `until`, to its end. */
export interface EvictedSpan {
  readonly from: number;
  readonly until?: number;
}

export class ProbeKit {
  readonly context: RunContext;
  readonly rng: Rng;

  constructor(context: RunContext, rng: Rng) {
    this.context = context;
    this.rng = rng;
  }

  /** One question, recorded. Never rejects: a failure is recorded as such. */
  async ask(prompt: Prompt, asked: Asked): Promise<QueryRecord> {
    const { clock, sut, recorder } = this.context;
    const inv = clock.nowNs();
    let outcome: Pick<QueryRecord, "answer" | "error">;
    try {
      outcome = { answer: await sut.match(queryOf(prompt)) };
    } catch (thrown) {
      outcome = { error: asError(thrown).message };
    }
    const ret = clock.nowNs();
    const record: QueryRecord = { k: "query", at: ret, inv, ret, prompt: prompt.id, ...asked, ...outcome };
    recorder.record(record);
    return record;
  }

  /** Asks until `shown` accepts an answer, or the staleness bound after `emitted` resolved has passed. */
  async pollUntil(
    prompt: Prompt,
    asked: Asked,
    shown: (blocks: number) => boolean,
    emitted: Promise<unknown>,
  ): Promise<boolean> {
    const { clock, plan } = this.context;
    let giveUpAt = Number.POSITIVE_INFINITY;
    const patienceNs = plan.bounds.stalenessNs + BEYOND_BOUND_MS * NS_PER_MS;
    const awaited = emitted.then(() => (giveUpAt = clock.nowNs() + patienceNs));
    awaited.catch(() => (giveUpAt = 0));
    for (let poll = 0; ; poll++) {
      const inv = clock.nowNs();
      const { answer } = await this.ask(prompt, asked);
      // Only an answer asked after the change was made can show it.
      if (giveUpAt !== Number.POSITIVE_INFINITY && answer !== undefined && shown(answer[asked.target ?? ""] ?? 0))
        return true;
      if (inv > giveUpAt) return false;
      await delay(poll < QUICK_POLLS ? QUICK_POLL_MS : SLOW_POLL_MS);
    }
  }

  /** A member that publishes; null when there is none. */
  member(model?: string): EngineHandle | null {
    const members = this.members(model);
    return members.length === 0 ? null : this.rng.pick(members);
  }

  /** Two different members of one model, in random order; null when no model has two. */
  pair(): readonly [EngineHandle, EngineHandle] | null {
    const first = this.member();
    if (first === null) return null;
    const others = this.members(first.spec.model).filter(({ spec }) => spec.engine !== first.spec.engine);
    return others.length === 0 ? null : [first, this.rng.pick(others)];
  }

  members(model?: string): readonly EngineHandle[] {
    const { fleet } = this.context;
    return (model === undefined ? fleet.members() : fleet.membersOf(model)).filter(({ spec }) => spec.events);
  }

  /** Mostly the base model, sometimes one of its adapters, sometimes salted. */
  lineage(model: string): PromptLineage {
    const { adapter_share, salt_share } = this.context.plan.probes;
    const adapters = this.rng.chance(adapter_share) ? this.settledAdapters(model) : [];
    const adapter = adapters.length === 0 ? null : this.rng.pick(adapters);
    const salt = this.rng.chance(salt_share) ? `probe-${this.rng.int(1, 2)}` : null;
    return { model, adapter, salt };
  }

  /** Adapters about which questions have one right answer: loaded everywhere from one path, not just now. */
  settledAdapters(model: string): readonly { readonly name: string; readonly path: string }[] {
    return this.context.fleet.settledAdapters(model, this.context.plan.bounds.adapterNs / NS_PER_MS);
  }

  askable({ model, adapter }: Prompt): boolean {
    if (adapter === null) return true;
    return this.settledAdapters(model).some(({ name, path }) => name === adapter.name && path === adapter.path);
  }

  /** A lately used prompt that can be asked about. */
  recent(): Prompt | null {
    const prompt = this.context.recent.pick(this.rng);
    return prompt !== null && this.askable(prompt) ? prompt : null;
  }

  freshPrompt(lineage: PromptLineage): Prompt {
    const { prompts, plan } = this.context;
    const blockSize = prompts.blockSize(lineage.model);
    const [low, high] = plan.probes.blocks;
    const blocks = this.rng.int(Math.max(1, low), high);
    return prompts.add(lineage, randomTokens(this.rng, blocks * blockSize + this.rng.int(0, blockSize - 1)));
  }

  rank(handle: EngineHandle): number {
    return this.rng.int(0, handle.spec.ranks - 1);
  }

  async store(handle: EngineHandle, prompt: Prompt, rank = 0): Promise<StoredPrompt> {
    const { engine } = handle.spec;
    await this.context.lab.control(engine, "cache", { store: [cacheEntry(prompt)], rank });
    const stored = { prompt, engine, uid: handle.uid, rank };
    this.context.recent.add(prompt);
    return stored;
  }

  /** Evicts its blocks of the span (default: all); resolves with how many copies went. */
  async evict({ engine, prompt, rank }: StoredPrompt, span: EvictedSpan = { from: 0 }): Promise<number> {
    const entry = { ...cacheEntry(prompt), ...span };
    const result = await this.context.lab.control(engine, "cache", { evict: [entry], rank });
    return (result as { evicted: number }).evicted;
  }

  /** The engine is a member and still in the life in which the prompt was stored. */
  stillThere({ engine, uid }: StoredPrompt): boolean {
    return this.context.fleet.member(engine)?.uid === uid;
  }
}

function cacheEntry({ tokens, adapter, salt }: Prompt): Record<string, unknown> {
  return { tokens, ...(adapter === null ? {} : { lora: adapter.name }), ...(salt === null ? {} : { salt }) };
}
