/** The world of one simulated run: engines, gateway, prompts, and what is done to them; everything seen goes on record. */
import { Rng } from "../base/rng.js";
import type { HashFunctions } from "../engine/cache/hash-functions.js";
import type { HistoryRecord } from "../judge/history/records.js";
import { HistoryLog } from "./history-log.js";
import { SimEngine, type SimRank } from "./sim-engine.js";
import { SimGateway } from "./sim-gateway.js";
import type { Happening, SimFleetMember, SimPlan } from "./sim-plan.js";
import { Prober } from "./sim-prober.js";
import { type SimLineage, type SimPrompt, SimPrompts } from "./sim-prompts.js";
import { VirtualTime } from "./virtual-time.js";

const MAX_OUTPUT_TOKENS = 12;
const BUFFER_STEPS = 10_000;
const REJOIN_MS = 5;

export interface Running {
  readonly engine: SimEngine;
  readonly member: SimFleetMember;
  joined: boolean;
  inFlight: number;
}

export class SimWorld {
  readonly time: VirtualTime;
  readonly gateway: SimGateway;
  readonly prompts: SimPrompts;
  readonly running = new Map<string, Running>();
  readonly log: HistoryLog;
  readonly rng: Rng;
  readonly #plan: SimPlan;
  readonly #hashes: HashFunctions;
  readonly #prober: Prober;

  constructor(plan: SimPlan, startNs: number, hashes: HashFunctions) {
    this.#plan = plan;
    this.#hashes = hashes;
    this.time = new VirtualTime(startNs);
    this.rng = new Rng(plan.seed);
    this.log = new HistoryLog(this.time, plan);
    const { seed, maxDelayMs } = plan;
    this.gateway = new SimGateway(this.time, this.rng.fork("links"), { seed, maxDelayMs });
    this.prompts = new SimPrompts(this.rng.fork("prompts"), plan.blockSize, (p) => this.log.add({ k: "prompt", ...p }));
    this.#prober = new Prober(this);
  }

  start(member: SimFleetMember, epoch = 1): void {
    const { name, model, gpuBlocks, cpuBlocks, groups, ranks, dialect, hash } = member;
    const core = { model, numGpuBlocks: gpuBlocks, cpuBlocks, kvGroups: groups, blockSize: this.#plan.blockSize };
    const spec = { name, core: { ...core, hashAlgorithm: hash }, ranks, dialect, bufferSteps: BUFFER_STEPS };
    const { time, rng, log } = this;
    const ledger = log.ledger.bind(log);
    const engine = new SimEngine(spec, epoch, { time, rng: rng.fork("engine"), hashes: this.#hashes, ledger });
    this.running.set(name, { engine, member, joined: false, inFlight: 0 });
    for (const event of ["starting", "ready"] as const) {
      log.add({ k: "engine", engine: name, model, epoch, event, ranks, groups, replayBatches: BUFFER_STEPS });
    }
    const joinMs = epoch === 1 ? member.joinsMs - member.startsMs : REJOIN_MS;
    time.afterMs(joinMs, () => this.#join(name, engine));
  }

  happen(what: Happening): void {
    if (what === "request") this.#request();
    else if (what === "store" || what === "evict" || what === "reset") this.#touchCache(what);
    else if (what === "leave" || what === "restart") this.#depart(what === "restart");
    else if (what === "observe") this.#observe();
    else if (what === "empty") for (const name of this.running.keys()) this.#leave(name);
    else this.#prober.probe(what);
  }

  finish(): HistoryRecord[] {
    this.log.add({ k: "phase", name: "end" });
    return this.log.records;
  }

  lineage(): SimLineage {
    const { models, adapters } = this.#plan;
    const adapter = this.rng.chance(0.3) ? this.rng.pick(adapters) : null;
    return { model: this.rng.pick(models), adapter, salt: this.rng.chance(0.15) ? "tenant-1" : null };
  }

  query({ model, adapter, salt, tokens }: SimPrompt) {
    return { model, lora: adapter?.name ?? null, salt, tokens };
  }

  anyRank(of: Running): SimRank {
    return this.rng.pick(of.engine.ranks);
  }

  #join(name: string, engine: SimEngine): void {
    const running = this.running.get(name);
    if (running?.engine !== engine) return;
    const startedAt = this.time.nowNs();
    this.gateway.add(engine);
    running.joined = true;
    this.log.add({ k: "member", engine: name, event: "added", startedAt });
  }

  #leave(name: string): void {
    const running = this.running.get(name);
    if (running?.joined !== true) return;
    running.joined = false;
    const startedAt = this.time.nowNs();
    this.gateway.remove(name);
    this.log.add({ k: "member", engine: name, event: "removed", startedAt });
  }

  #depart(returns: boolean): void {
    const idle = [...this.running.values()].filter(({ joined, inFlight }) => joined && inFlight === 0);
    if (idle.length < 2 && !returns) return;
    const leaver = idle[0];
    if (leaver === undefined) return;
    const { spec, epoch } = leaver.engine;
    this.#leave(spec.name);
    this.running.delete(spec.name);
    const { model } = spec.core;
    for (const event of ["stopping", "down"] as const)
      this.log.add({ k: "engine", engine: spec.name, model, epoch, event });
    if (returns) this.time.afterMs(this.rng.int(1, 50), () => this.start(leaver.member, epoch + 1));
  }

  #request(): void {
    const prompt = this.prompts.next(this.lineage());
    const sent = this.time.nowNs();
    const loads = Object.fromEntries([...this.running].map(([name, { inFlight }]) => [name, inFlight]));
    const choice = this.gateway.route(this.query(prompt));
    const server = choice === undefined ? undefined : this.running.get(choice.engine);
    if (choice === undefined || server === undefined) return;
    const { tokens, adapter, salt } = prompt;
    const maxTokens = this.rng.int(1, MAX_OUTPUT_TOKENS);
    server.inFlight++;
    this.anyRank(server).submit({ tokens, adapter, salt, maxTokens }, (cachedTokens) => {
      server.inFlight--;
      const ret = this.time.nowNs();
      const times = { inv: sent, due: sent, chosenAt: ret, ret };
      const usage = { cachedTokens, promptTokens: tokens.length, completionTokens: maxTokens, status: 200 };
      const what = { prompt: prompt.id, dry: false, engine: choice.engine, claimedBlocks: choice.blocks, loads };
      this.log.add({ k: "route", ...times, ...what, ...usage });
    });
  }

  #touchCache(how: "store" | "evict" | "reset"): void {
    const all = [...this.running.values()];
    if (all.length === 0) return;
    const running = this.rng.pick(all);
    const rank = this.anyRank(running);
    const lineage = { ...this.lineage(), model: running.member.model };
    const prompt = how === "store" ? this.prompts.next(lineage) : (this.prompts.any() ?? this.prompts.next(lineage));
    if (how === "reset") rank.core.resetPrefixCache();
    else if (how === "store") rank.core.storeBlocks(prompt.tokens, prompt.adapter, prompt.salt);
    else rank.core.evictBlocks(prompt.tokens, prompt.adapter, prompt.salt, { from: this.rng.int(0, prompt.blocks) });
    rank.flush();
  }

  #observe(): void {
    for (const stream of this.gateway.streams()) this.log.add({ k: "stream", ...stream });
    for (const counters of this.gateway.counters()) this.log.add({ k: "counters", ...counters });
    this.log.add({ k: "dump", ...this.gateway.dump() });
  }
}
