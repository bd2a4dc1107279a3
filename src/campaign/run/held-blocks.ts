/**
 * What engines hold now, from the ledgers they have written: how the run knows that it has converged. The verdict does not
 * depend on it; the judge counts for itself.
 */
import type { BlockIdentity } from "../../base/block-identity.js";
import type { LedgerRecord } from "../../base/ledger.js";
import type { EngineHandle, Lab } from "../../lab/ports.js";
import { LedgerTail } from "./ledger-tail.js";
import type { Prompt } from "./prompt-book.js";

/** One rank: copies per block, by group and medium. */
type Copies = Map<BlockIdentity, Map<string, number>>;

interface Life {
  epoch: number;
  readonly ranks: Map<number, Copies>;
}

export class HeldBlocks {
  readonly #lab: Lab;
  readonly #tails = new Map<string, LedgerTail>();
  readonly #lives = new Map<string, Life>();

  constructor(lab: Lab) {
    this.#lab = lab;
  }

  /** Takes in what was written since the last call. */
  refresh(): void {
    for (const file of this.#lab.ledgerFiles()) {
      let tail = this.#tails.get(file);
      if (tail === undefined) this.#tails.set(file, (tail = new LedgerTail(file)));
      for (const record of tail.read()) this.#apply(record);
    }
  }

  /** Leading blocks of the prompt that the engine's best rank holds; every group must have each, in any medium. */
  prefix({ spec, epoch }: EngineHandle, prompt: Prompt): number {
    const life = this.#lives.get(spec.engine);
    if (life === undefined || life.epoch !== epoch || spec.model !== prompt.model) return 0;
    return Math.max(0, ...[...life.ranks.values()].map((copies) => leading(copies, prompt.chain, spec.groups)));
  }

  #apply({ engine, epoch, rank, changes }: LedgerRecord): void {
    let life = this.#lives.get(engine);
    if (life === undefined || life.epoch < epoch) this.#lives.set(engine, (life = { epoch, ranks: new Map() }));
    if (life.epoch > epoch) return;
    let copies = life.ranks.get(rank);
    if (copies === undefined) life.ranks.set(rank, (copies = new Map()));
    for (const change of changes) {
      if (change.op === "clear") {
        copies.clear();
        continue;
      }
      const place = `${change.group ?? 0} ${change.medium ?? "GPU"}`;
      for (const [identity] of change.blocks) count(copies, identity, place, change.op === "store" ? 1 : -1);
    }
  }
}

function count(copies: Copies, identity: BlockIdentity, place: string, by: number): void {
  const places = copies.get(identity) ?? new Map<string, number>();
  const left = (places.get(place) ?? 0) + by;
  if (left > 0) places.set(place, left);
  else places.delete(place);
  if (places.size > 0) copies.set(identity, places);
  else copies.delete(identity);
}

function leading(copies: Copies, chain: readonly BlockIdentity[], groups: number): number {
  const missing = chain.findIndex((identity) => {
    const places = [...(copies.get(identity)?.keys() ?? [])];
    return new Set(places.map((place) => place.split(" ")[0])).size < groups;
  });
  return missing < 0 ? chain.length : missing;
}
