/** The links of all engines of a run, and what lies on them: what the lab's commands act on. */
import { UsageError, UnavailableError } from "../../../base/errors.js";
import type { Rng } from "../../../base/rng.js";
import type { LinkAccount } from "../../links.js";
import { Account } from "./account.js";
import type { RelayCommand } from "./control.js";
import { EngineLinks, type EngineLinksOptions, type Lying } from "./engine-links.js";
import { RELAY_LIMITS } from "./limits.js";
import type { LinkTarget } from "./link.js";

export interface HubOptions {
  readonly rng: Rng;
  readonly nowMs: () => number;
  readonly onBurnt: (engine: string, rank: number, seq: number, epoch: number) => void;
  readonly onNote: (text: string) => void;
}

type Command<K extends RelayCommand["do"]> = Extract<RelayCommand, { do: K }>;

export class RelayHub {
  readonly #options: HubOptions;
  readonly #engines = new Map<string, EngineLinks>();
  readonly #laid = new Map<string, Map<string, Lying>>();

  constructor(options: HubOptions) {
    this.#options = options;
  }

  async carryOut(command: RelayCommand): Promise<unknown> {
    switch (command.do) {
      case "expose":
        return this.#expose(command);
      case "withdraw":
        return this.#links(command.engine).withdraw();
      case "begin":
        return this.#begin(command);
      case "end":
        return this.#end(command.fault);
      case "look":
        return this.#look(command.fault);
    }
  }

  #expose({ engine, epoch, gates }: Command<"expose">): Promise<readonly LinkTarget[]> {
    return this.#links(engine).expose(epoch, gates);
  }

  async #begin({ fault, engines, ports, seed, disturbance }: Command<"begin">): Promise<void> {
    if (this.#laid.has(fault)) throw new UsageError("KVP_E_BAD_REQUEST", `a disturbance ${fault} lies already`);
    if (this.#laid.size >= RELAY_LIMITS.disturbances)
      throw new UnavailableError("KVP_E_LIMIT", `a run has at most ${RELAY_LIMITS.disturbances} disturbances`);
    const lying = engines.map((engine): [string, Lying] => {
      const account = new Account(engine, this.#options.nowMs());
      return [engine, { id: fault, disturbance, ports, seed: seed ^ hashOf(engine), account, active: true }];
    });
    this.#laid.set(fault, new Map(lying));
    await Promise.all(lying.map(([engine, one]) => this.#links(engine).lay(one)));
  }

  async #end(fault: string): Promise<void> {
    const lying = [...(this.#laid.get(fault) ?? [])].filter(([, { active }]) => active);
    await Promise.all(lying.map(([engine, one]) => this.#links(engine).lift(one)));
  }

  #look(fault: string): readonly LinkAccount[] {
    return [...(this.#laid.get(fault) ?? [])].map(([engine, lying]) => this.#links(engine).report(lying));
  }

  #links(engine: string): EngineLinks {
    let links = this.#engines.get(engine);
    if (links === undefined) {
      const { rng, nowMs, onBurnt, onNote } = this.#options;
      const options: EngineLinksOptions = {
        engine,
        rng: rng.fork(engine),
        nowMs,
        onBurnt: (rank, seq, epoch) => onBurnt(engine, rank, seq, epoch),
        onNote,
      };
      this.#engines.set(engine, (links = new EngineLinks(options)));
    }
    return links;
  }
}

function hashOf(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}
