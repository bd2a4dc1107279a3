/**
 * What every engine held, when: built from ledgers and engine lives alone, never from what the system under test says.
 * The sweep feeds it records in order of time; what it then answers is about the time reached so far.
 */
import type {
  Bounds,
  EngineRecord,
  FaultRecord,
  HistoryRecord,
  LedgerEntry,
  MemberRecord,
  RunRecord,
} from "../history/records.js";
import { Disturbances } from "./disturbances.js";
import { EngineState } from "./engine-state.js";
import { Removal } from "./holder.js";
import { IdentityTable } from "./identity-table.js";
import { LedgerContinuity } from "./ledger-continuity.js";
import { Losses } from "./losses.js";
import { Outages } from "./outages.js";
import { Prompts } from "./prompts.js";

/** Longest question that can be judged; the recent past is kept that far back. */
export const MAX_QUESTION_NS = 30e9;
/** Longest lease that answers in faults are judged by; with one, the past is kept that much longer. */
export const MAX_LEASE_NS = 120e9;

const GPU = "GPU";
const SINCE_EVER = Number.NEGATIVE_INFINITY;

export class Truth {
  readonly bounds: Bounds;
  readonly identities = new IdentityTable();
  readonly prompts = new Prompts(this.identities);
  readonly continuity = new LedgerContinuity();
  readonly losses = new Losses();
  readonly disturbances: Disturbances;
  /** All engines ever seen, by index. */
  readonly engines: EngineState[] = [];
  blockOperations = 0;
  batches = 0;
  readonly #byName = new Map<string, EngineState>();
  readonly #byModel = new Map<string, EngineState[]>();
  readonly #media = new Map<string, number>([[GPU, 0]]);
  readonly #outages: Outages;
  readonly #sutReplays: boolean;
  readonly #memoryNs: number;

  constructor(run: RunRecord) {
    this.bounds = run.bounds;
    const leaseNs = (run.sut.capabilities.lease_ms ?? 0) * 1e6;
    this.#memoryNs = run.bounds.stalenessNs + MAX_QUESTION_NS + Math.min(leaseNs, MAX_LEASE_NS);
    this.#sutReplays = run.sut.capabilities.replay;
    this.disturbances = new Disturbances(run.bounds, (name) => this.#byName.has(name));
    this.#outages = new Outages((engine) => this.disturbances.calmAgainAt(engine), run.bounds.stalenessNs);
  }

  engine(name: string): EngineState | undefined {
    return this.#byName.get(name);
  }

  enginesOf(model: string): readonly EngineState[] {
    return this.#byModel.get(model) ?? [];
  }

  get modelCount(): number {
    return this.#byModel.size;
  }

  /** Some engine of the prompt's model holds its first block now. */
  cached(promptId: string): boolean {
    const prompt = this.prompts.get(promptId);
    if (prompt.blocks === 0) return false;
    const first = this.prompts.identityAt(prompt, 0);
    return this.enginesOf(prompt.model).some((engine) =>
      engine.streams.some(({ holder }) => {
        const entry = holder.entry(first);
        return entry >= 0 && holder.heldSince(entry) !== undefined;
      }),
    );
  }

  apply(record: HistoryRecord): void {
    this.#outages.advance(record.at);
    if (record.k === "ledger") this.#ledger(record);
    else if (record.k === "truth-gap") this.continuity.missed(record);
    else if (record.k === "prompt") this.prompts.add(record);
    else if (record.k === "engine") this.#life(record);
    else if (record.k === "member") this.#member(record);
    else if (record.k === "adapter") this.#engine(record.engine).noteAdapter(record.adapter, record.at);
    else if (record.k === "fault") {
      this.disturbances.note(record);
      if (record.event === "recovered") this.#outageEnded(record);
    }
  }

  #life(record: EngineRecord): void {
    const engine = this.#engine(record.engine);
    engine.note(record);
    this.#file(engine);
    if (record.epoch === engine.epoch && engine.member) this.#findsBack(engine, record);
    if (record.event === "down") this.losses.everything(engine.index, null, record.at, "died");
  }

  /** Consumers lost their connections to a life that ended or stood still. */
  #findsBack(engine: EngineState, { event, at }: EngineRecord): void {
    if (event === "ready" && engine.lives > 1) this.#outages.ended(engine, SINCE_EVER, at + this.bounds.recoveryNs);
    else if (event === "thawed") this.#outages.ended(engine, at, at + this.bounds.recoveryNs);
  }

  #member(record: MemberRecord): void {
    const engine = this.#engine(record.engine);
    engine.noteMember(record);
    if (record.event === "added") this.#outages.ended(engine, SINCE_EVER, record.at + this.bounds.stalenessNs);
    if (record.event === "removed") this.losses.everything(engine.index, null, record.at, "left");
  }

  #engine(name: string): EngineState {
    let engine = this.#byName.get(name);
    if (engine === undefined) {
      engine = new EngineState(this.engines.length, name, this.bounds, this.#sutReplays);
      this.engines.push(engine);
      this.#byName.set(name, engine);
    }
    return engine;
  }

  #file(engine: EngineState): void {
    const peers = this.#byModel.get(engine.model);
    if (peers === undefined) this.#byModel.set(engine.model, [engine]);
    else if (!peers.includes(engine)) peers.push(engine);
  }

  #outageEnded({ id, at }: FaultRecord): void {
    const caughtUpAt = at + this.bounds.recoveryNs;
    for (const engine of this.engines) {
      if (!engine.replays && !this.disturbances.calmFor(engine.name, at)) engine.lostBefore = caughtUpAt;
      const since = this.disturbances.severedSince(id, engine.name);
      if (since !== undefined) this.#outages.ended(engine, since, caughtUpAt);
    }
  }

  #ledger(entry: LedgerEntry): void {
    const engine = this.#engine(entry.engine);
    if (entry.epoch > engine.epoch) engine.beginLife(entry.epoch, entry.at);
    else if (!engine.alive) this.continuity.afterDeath(entry);
    const stream = engine.stream(entry.rank);
    if (!this.continuity.advance(stream, entry)) return;
    this.batches++;
    engine.noteEmitted(stream, entry.at);
    if (entry.wire !== "burnt") stream.sentBatches++;
    const told = entry.wire === undefined;
    stream.holder.forget(entry.at - this.#memoryNs);
    for (const change of entry.changes) {
      if (change.op === "clear") {
        stream.holder.clear(entry.at, told);
        this.losses.everything(engine.index, entry.rank, entry.at, "cleared its cache");
      } else this.#change(engine, entry, change, told);
    }
    if (!told) {
      stream.unreadableBatches++;
      stream.holder.lostBefore = entry.at;
      engine.disturbed(entry.at);
    }
    // A number that was never sent is noticed with the next one that was, however late that comes.
    const burnt = entry.wire === "burnt";
    if (stream.burntLast && !burnt) engine.disturbed(entry.at);
    stream.burntLast = burnt;
    if (!burnt) stream.sentUpTo = entry.seq + 1;
  }

  #change(
    engine: EngineState,
    entry: LedgerEntry,
    change: Exclude<LedgerEntry["changes"][number], { op: "clear" }>,
    told: boolean,
  ): void {
    const holder = engine.stream(entry.rank).holder;
    const group = change.group ?? 0;
    const medium = this.#medium(change.medium ?? GPU);
    this.blockOperations += change.blocks.length;
    const known = told && (change.wire === undefined || change.wire === "doubled");
    for (const block of change.blocks) {
      const id = this.identities.intern(block[0]);
      if (change.op === "store") holder.store(id, group, medium, entry.at, known, change.wire === "doubled");
      else {
        const removal = holder.remove(id, group, medium, entry.at, known);
        if (removal === Removal.lost) this.losses.block(id, engine.index, entry.at);
        else if (removal === Removal.impossible) this.continuity.impossibleRemoval(entry, block[0]);
      }
    }
  }

  #medium(name: string): number {
    let medium = this.#media.get(name);
    if (medium === undefined) this.#media.set(name, (medium = this.#media.size));
    return medium;
  }
}
