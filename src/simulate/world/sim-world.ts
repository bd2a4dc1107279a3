/** The world of one simulated run: engines, gateway, prompts, and what is done to them; everything seen goes on record. */
import { Rng } from "../../base/rng.js";
import type { HashFunctions } from "../../engine/cache/hash-functions.js";
import type { HistoryRecord } from "../../judge/history/records.js";
import { CHEAP_HASHES } from "../engine/cheap-hashes.js";
import { SimEngine } from "../engine/sim-engine.js";
import { SimGateway } from "../gateway/sim-gateway.js";
import { labelled } from "../labelled.js";
import { Conditions } from "../links/conditions.js";
import { addressOf, type Happening, type PlannedHappening, type SimFleetMember, type SimPlan } from "../plan/plan.js";
import { VirtualTime } from "../virtual-time.js";
import { HistoryLog } from "./history-log.js";
import { Prober } from "./prober.js";
import { type SimLineage, type SimPrompt, SimPrompts } from "./prompts.js";

/** What the lab's hand does to a cache: store, remove the end of a chain, remove one block before its end, clear. */
const TOUCHES = ["store", "evict", "punch", "reset"] as const;
type Touch = (typeof TOUCHES)[number];

function isTouch(what: Happening): what is Touch {
  return (TOUCHES as readonly Happening[]).includes(what);
}

const MAX_OUTPUT_TOKENS = 12;
const REJOIN_MS = 5;

/** One engine of the fleet, in its present life. */
export interface Running {
  readonly member: SimFleetMember;
  engine: SimEngine;
  /** The gateway was told of it. */
  joined: boolean;
  inFlight: number;
}

export class SimWorld {
  readonly time: VirtualTime;
  readonly prompts: SimPrompts;
  readonly running = new Map<string, Running>();
  readonly log: HistoryLog;
  readonly plan: SimPlan;
  /** null while it is down. */
  gateway: SimGateway | null;
  readonly #hashes: HashFunctions;
  readonly #prober: Prober;
  readonly #conditions = new Map<string, Conditions>();
  #gatewayLives = 0;
  #successors = 0;

  constructor(plan: SimPlan, startNs: number, hashes: HashFunctions) {
    this.plan = plan;
    this.#hashes = plan.cheapHashes ? { ...hashes, ...CHEAP_HASHES } : hashes;
    this.time = new VirtualTime(startNs);
    this.log = new HistoryLog(this.time, plan);
    const note = (prompt: Parameters<ConstructorParameters<typeof SimPrompts>[2]>[0]): void =>
      this.log.add({ k: "prompt", ...prompt });
    this.prompts = new SimPrompts(labelled(plan.seed, "prompts"), plan.blockSize, note);
    this.#prober = new Prober(this);
    this.gateway = this.#newGateway();
  }

  conditionsOf(engine: string): Conditions {
    let conditions = this.#conditions.get(engine);
    if (conditions === undefined) this.#conditions.set(engine, (conditions = new Conditions()));
    return conditions;
  }

  /** A process begins; the gateway hears of it later, if it has to. */
  start(member: SimFleetMember, epoch = 1): void {
    const engine = this.#newEngine(member, epoch);
    this.running.set(member.name, { member, engine, joined: false, inFlight: 0 });
    const joinMs = epoch === 1 ? member.joinsMs - member.startsMs : REJOIN_MS;
    this.time.afterMs(joinMs, () => this.#joinLater(member.name, engine));
  }

  /** Kills the process; nobody tells the gateway. */
  crash(running: Running): void {
    this.#life(running, "killed", "down");
    running.engine.kill();
    running.inFlight = 0;
  }

  /** The next life at the same place, unannounced: the gateway has to find out. */
  restartInPlace(running: Running): void {
    running.engine = this.#newEngine(running.member, running.engine.epoch + 1);
  }

  happen({ what, seed, engine }: PlannedHappening): void {
    const rng = new Rng(seed);
    if (what === "request") this.#request(rng);
    else if (isTouch(what)) this.#touchCache(what, rng, engine);
    else if (what === "leave" || what === "restart" || what === "replace") this.#depart(what, rng);
    else if (what === "observe") this.#observe();
    else if (what === "empty") this.#drain();
    else {
      const prompt = this.prompts.any(rng);
      if (prompt !== undefined) this.#prober.probe(what, prompt, rng);
    }
  }

  #drain(): void {
    this.log.add({ k: "phase", name: "drain" });
    for (const name of this.running.keys()) this.leave(name);
  }

  finish(): HistoryRecord[] {
    this.log.add({ k: "phase", name: "end" });
    return this.log.finish();
  }

  /** Runs `ask` in the gateway's process once it can; with null when there is none. */
  askGateway(ask: (gateway: SimGateway | null) => void): void {
    const { gateway } = this;
    if (gateway === null) ask(null);
    else gateway.enter(() => ask(gateway));
  }

  lineage(rng: Rng, model: string = rng.pick(this.plan.models)): SimLineage {
    const { adapters } = this.plan;
    const adapter = rng.chance(0.3) && adapters.length > 0 ? rng.pick(adapters) : null;
    return { model, adapter, salt: rng.chance(0.15) ? "tenant-1" : null };
  }

  query({ model, adapter, salt, tokens }: SimPrompt) {
    return { model, lora: adapter?.name ?? null, salt, tokens };
  }

  join(name: string): void {
    const running = this.running.get(name);
    if (running === undefined || running.joined || this.gateway === null) return;
    const startedAt = this.time.nowNs();
    this.gateway.add(running.member);
    running.joined = true;
    this.log.add({ k: "member", engine: name, event: "added", startedAt });
  }

  leave(name: string): void {
    const running = this.running.get(name);
    if (running?.joined !== true) return;
    running.joined = false;
    const startedAt = this.time.nowNs();
    this.gateway?.remove(name);
    this.log.add({ k: "member", engine: name, event: "removed", startedAt });
  }

  stopGateway(): void {
    this.gateway?.kill();
    this.gateway = null;
  }

  /** It knows nothing; whoever was a member is registered anew. */
  startGateway(): void {
    this.gateway = this.#newGateway();
    for (const running of this.running.values()) {
      if (!running.joined) continue;
      running.joined = false;
      this.join(running.member.name);
    }
  }

  #newGateway(): SimGateway {
    const { seed, blockSize, maxDelayMs, capBlocks } = this.plan;
    return new SimGateway(++this.#gatewayLives, {
      seed,
      blockSize,
      maxDelayMs,
      capBlocks,
      time: this.time,
      conditionsOf: (engine) => this.conditionsOf(engine),
      engineAt: (address) => {
        for (const { member, engine } of this.running.values()) {
          if (addressOf(member) === address && !engine.hasEnded) return engine;
        }
        return null;
      },
      lost: () => undefined,
    });
  }

  #newEngine(member: SimFleetMember, epoch: number): SimEngine {
    const { seed, blockSize } = this.plan;
    const { time, log } = this;
    const conditions = this.conditionsOf(member.name);
    const ledger = log.ledger.bind(log);
    const engine = new SimEngine(member, epoch, { seed, blockSize, time, hashes: this.#hashes, conditions, ledger });
    const { name, model, ranks, groups, replay, ringBatches } = member;
    for (const event of ["starting", "ready"] as const) {
      log.add({ k: "engine", engine: name, model, epoch, event, ranks, groups, replay, replayBatches: ringBatches });
    }
    return engine;
  }

  #joinLater(name: string, engine: SimEngine): void {
    if (this.running.get(name)?.engine !== engine) return;
    if (this.gateway === null) this.time.afterMs(REJOIN_MS, () => this.#joinLater(name, engine));
    else this.join(name);
  }

  #life({ member, engine }: Running, ...events: readonly ("stopping" | "killed" | "down")[]): void {
    const { name, model } = member;
    for (const event of events) this.log.add({ k: "engine", engine: name, model, epoch: engine.epoch, event });
  }

  /** The first idle engine leaves for good, comes back as a new life, or makes room for another one at its address. */
  #depart(how: "leave" | "restart" | "replace", rng: Rng): void {
    const idle = [...this.running.values()].filter(
      ({ joined, inFlight, engine }) => joined && inFlight === 0 && engine.isUp,
    );
    if (idle.length < 2 && how === "leave") return;
    const leaver = idle[0];
    if (leaver === undefined) return;
    const { member, engine } = leaver;
    this.leave(member.name);
    this.running.delete(member.name);
    this.#life(leaver, "stopping", "down");
    engine.kill();
    const backMs = rng.int(1, 50);
    if (how === "restart") this.time.afterMs(backMs, () => this.start(member, engine.epoch + 1));
    else if (how === "replace") this.time.afterMs(backMs, () => this.start(this.#successorOf(member)));
  }

  #successorOf(member: SimFleetMember): SimFleetMember {
    const name = `${member.name}+${++this.#successors}`;
    return { ...member, name, address: addressOf(member), startsMs: 0, joinsMs: REJOIN_MS };
  }

  #request(rng: Rng): void {
    const prompt = this.prompts.next(rng, this.lineage(rng));
    const sent = this.time.nowNs();
    const loads = Object.fromEntries([...this.running].map(([name, { inFlight }]) => [name, inFlight]));
    const maxTokens = rng.int(1, MAX_OUTPUT_TOKENS);
    this.askGateway((gateway) => {
      const choice = gateway?.route(this.query(prompt), false).find(({ engine }) => this.#serves(engine));
      const server = choice === undefined ? undefined : this.running.get(choice.engine);
      if (gateway === null || choice === undefined || server === undefined) return;
      const { tokens, adapter, salt } = prompt;
      const { engine } = server;
      server.inFlight++;
      gateway.load(choice.engine, 1);
      rng.pick(engine.ranks).submit({ tokens, adapter, salt, maxTokens }, (cachedTokens) => {
        if (server.engine === engine && server.inFlight > 0) server.inFlight--;
        gateway.load(choice.engine, -1);
        const ret = this.time.nowNs();
        const times = { inv: sent, due: sent, chosenAt: ret, ret };
        if (cachedTokens === null) {
          this.log.add({ k: "route", ...times, prompt: prompt.id, dry: false, error: "the engine died", loads });
          return;
        }
        const usage = { cachedTokens, promptTokens: tokens.length, completionTokens: maxTokens, status: 200 };
        const what = { prompt: prompt.id, dry: false, engine: choice.engine, claimedBlocks: choice.blocks, loads };
        this.log.add({ k: "route", ...times, ...what, ...usage });
      });
    });
  }

  #serves(name: string): boolean {
    const engine = this.running.get(name)?.engine;
    return engine !== undefined && !engine.hasEnded;
  }

  #touchCache(how: Touch, rng: Rng, name?: string): void {
    const able = [...this.running.values()].filter(
      ({ engine, member }) => engine.isUp && (name === undefined || member.name === name),
    );
    if (able.length === 0) return;
    const running = rng.pick(able);
    const rank = rng.pick(running.engine.ranks);
    const lineage = this.lineage(rng, running.member.model);
    const known = how === "store" ? undefined : this.prompts.any(rng);
    const prompt = known ?? this.prompts.next(rng, lineage);
    if (how === "reset") rank.core.resetPrefixCache();
    else if (how === "store") rank.core.storeBlocks(prompt.tokens, prompt.adapter, prompt.salt);
    else {
      const from = rng.int(0, Math.max(0, prompt.blocks - (how === "punch" ? 2 : 0)));
      const span = how === "punch" ? { from, until: from + 1 } : { from };
      rank.core.evictBlocks(prompt.tokens, prompt.adapter, prompt.salt, span);
    }
    rank.flush();
  }

  #observe(): void {
    const { gateway, log } = this;
    if (gateway === null || gateway.isFrozen) return;
    for (const stream of gateway.streams()) log.add({ k: "stream", ...stream });
    for (const counters of gateway.counters()) log.add({ k: "counters", ...counters });
    log.add({ k: "dump", ...gateway.dump() });
  }
}
