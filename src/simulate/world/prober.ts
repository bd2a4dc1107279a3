/** The questions of a simulated run: each travels, is answered, and travels back, and none waits for another. */
import type { Rng } from "../../base/rng.js";
import type { QueryRecord } from "../../judge/history/records.js";
import type { Happening } from "../plan/plan.js";
import type { SimPrompt } from "./prompts.js";
import type { Running, SimWorld } from "./sim-world.js";

const MAX_TRAVEL_MS = 1;
const POLL_MS = 10;
/** So that the last is asked after the staleness bound. */
const POLLS = 8;

export type Question = Extract<
  Happening,
  "sample" | "cross" | "suffix" | "converge" | "visibility" | "invalidation" | "dry-run"
>;
type ProbeFacts = Pick<QueryRecord, "probe"> & { readonly target?: string; readonly twin?: string };

export class Prober {
  readonly #world: SimWorld;

  constructor(world: SimWorld) {
    this.#world = world;
  }

  probe(what: Question, prompt: SimPrompt, rng: Rng): void {
    const { prompts } = this.#world;
    if (what === "dry-run") this.#dryRun(prompt, rng);
    else if (what === "cross") {
      this.#ask(prompts.twin(prompt, this.#world.lineage(rng)), { probe: what, twin: prompt.id }, rng);
    } else if (what === "suffix") {
      if (prompt.blocks > 1) this.#ask(prompts.tail(prompt), { probe: what, twin: prompt.id }, rng);
    } else if (what === "visibility" || what === "invalidation") this.#watch(prompt, what, rng);
    else this.#ask(prompt, { probe: what }, rng);
  }

  #ask(prompt: SimPrompt, facts: ProbeFacts, rng: Rng): void {
    const { time, log } = this.#world;
    const inv = time.nowNs();
    time.afterMs(rng.float() * MAX_TRAVEL_MS, () =>
      this.#world.askGateway((gateway) => {
        const told =
          gateway === null ? { error: "nobody answers" } : { answer: gateway.match(this.#world.query(prompt)) };
        time.afterMs(rng.float() * MAX_TRAVEL_MS, () => {
          log.add({ k: "query", inv, ret: time.nowNs(), prompt: prompt.id, ...facts, ...told });
        });
      }),
    );
  }

  #dryRun(prompt: SimPrompt, rng: Rng): void {
    const { time, log } = this.#world;
    const inv = time.nowNs();
    time.afterMs(rng.float() * MAX_TRAVEL_MS, () =>
      this.#world.askGateway((gateway) => {
        const choice = gateway?.route(this.#world.query(prompt), true)[0];
        if (choice === undefined) return;
        time.afterMs(rng.float() * MAX_TRAVEL_MS, () => {
          const ret = time.nowNs();
          const times = { inv, due: inv, chosenAt: ret, ret };
          log.add({ k: "route", ...times, prompt: prompt.id, dry: true, engine: choice.engine, loads: {} });
        });
      }),
    );
  }

  /** Changes one engine's cache of a prompt and asks until well after the change must have shown. */
  #watch(prompt: SimPrompt, probe: "visibility" | "invalidation", rng: Rng): void {
    const { running, time } = this.#world;
    const able = [...running.values()].filter(
      ({ joined, engine, member }) => joined && engine.isUp && member.model === prompt.model,
    );
    if (able.length === 0) return;
    const target = rng.pick(able);
    change(target, prompt, probe, rng);
    for (let poll = 0; poll < POLLS; poll++) {
      time.afterMs(poll * POLL_MS, () => this.#ask(prompt, { probe, target: target.member.name }, rng));
    }
  }
}

function change(target: Running, prompt: SimPrompt, probe: "visibility" | "invalidation", rng: Rng): void {
  const { tokens, adapter, salt } = prompt;
  const rank = rng.pick(target.engine.ranks);
  if (probe === "visibility") rank.core.storeBlocks(tokens, adapter, salt);
  else rank.core.evictBlocks(tokens, adapter, salt);
  rank.flush();
}
