/** The questions of a simulated run: each travels, is answered, and travels back, and none waits for another. */
import type { QueryRecord } from "../judge/history/records.js";
import type { Happening } from "./sim-plan.js";
import type { SimPrompt } from "./sim-prompts.js";
import type { Running, SimWorld } from "./sim-world.js";

const MAX_TRAVEL_MS = 1;
const POLL_MS = 6;
/** So that the last is asked after the staleness bound. */
const POLLS = 12;

type ProbeFacts = Pick<QueryRecord, "probe"> & { readonly target?: string; readonly twin?: string };

export class Prober {
  readonly #world: SimWorld;

  constructor(world: SimWorld) {
    this.#world = world;
  }

  probe(
    what: Exclude<Happening, "request" | "store" | "evict" | "reset" | "observe" | "empty" | "leave" | "restart">,
  ): void {
    const { prompts } = this.#world;
    const prompt = prompts.any();
    if (prompt === undefined) return;
    if (what === "dry-run") this.#dryRun(prompt);
    else if (what === "cross") this.#ask(prompts.twin(prompt, this.#world.lineage()), { probe: what, twin: prompt.id });
    else if (what === "suffix") this.#askTail(prompt);
    else if (what === "visibility" || what === "invalidation") this.#watch(prompt, what);
    else this.#ask(prompt, { probe: what });
  }

  #askTail(prompt: SimPrompt): void {
    if (prompt.blocks > 1) this.#ask(this.#world.prompts.tail(prompt), { probe: "suffix", twin: prompt.id });
  }

  #ask(prompt: SimPrompt, facts: ProbeFacts): void {
    const { time, rng, gateway, log } = this.#world;
    const inv = time.nowNs();
    time.afterMs(rng.float() * MAX_TRAVEL_MS, () => {
      const answer = gateway.match(this.#world.query(prompt));
      time.afterMs(rng.float() * MAX_TRAVEL_MS, () => {
        log.add({ k: "query", inv, ret: time.nowNs(), prompt: prompt.id, ...facts, answer });
      });
    });
  }

  #dryRun(prompt: SimPrompt): void {
    const { time, rng, gateway, log } = this.#world;
    const inv = time.nowNs();
    time.afterMs(rng.float() * MAX_TRAVEL_MS, () => {
      const choice = gateway.route(this.#world.query(prompt));
      if (choice === undefined) return;
      time.afterMs(rng.float() * MAX_TRAVEL_MS, () => {
        const ret = time.nowNs();
        const times = { inv, due: inv, chosenAt: ret, ret };
        log.add({ k: "route", ...times, prompt: prompt.id, dry: true, engine: choice.engine, loads: {} });
      });
    });
  }

  /** Changes one engine's cache of a prompt and asks until well after the change must have shown. */
  #watch(prompt: SimPrompt, probe: "visibility" | "invalidation"): void {
    const { running, rng, time } = this.#world;
    const able = [...running.values()].filter(({ joined, member }) => joined && member.model === prompt.model);
    if (able.length === 0) return;
    const target = rng.pick(able);
    this.#change(target, prompt, probe);
    for (let poll = 0; poll < POLLS; poll++) {
      time.afterMs(poll * POLL_MS, () => this.#ask(prompt, { probe, target: target.member.name }));
    }
  }

  #change(target: Running, { tokens, adapter, salt }: SimPrompt, probe: "visibility" | "invalidation"): void {
    const rank = this.#world.anyRank(target);
    if (probe === "visibility") rank.core.storeBlocks(tokens, adapter, salt);
    else rank.core.evictBlocks(tokens, adapter, salt);
    rank.flush();
  }
}
