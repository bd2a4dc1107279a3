/**
 * What engines hold now, from the ledgers they have written: how the run knows that it has converged. The verdict does not
 * depend on it; the judge counts for itself.
 */
import type { BlockIdentity } from "../../base/block-identity.js";
import type { LedgerChange, LedgerRecord } from "../../base/ledger.js";
import type { EngineHandle, Lab } from "../../lab/ports.js";
import { LedgerTail } from "./ledger-tail.js";
import type { LostBatches } from "./lost-batches.js";
import type { Prompt } from "./prompt-book.js";

/** Copies per block, by group and medium. */
type Copies = Map<BlockIdentity, Map<string, number>>;

interface Rank {
  readonly copies: Copies;
  /** Held, and nobody can know: their stores, or what came before them, left no readable bytes. */
  readonly untold: Set<BlockIdentity>;
  /** Nobody can know that they are gone. */
  readonly overstated: Set<BlockIdentity>;
}

interface Life {
  epoch: number;
  readonly ranks: Map<number, Rank>;
}

export class HeldBlocks {
  readonly #lab: Lab;
  readonly #lost: LostBatches;
  readonly #tails = new Map<string, LedgerTail>();
  readonly #lives = new Map<string, Life>();

  /** `lost`: what ledgers cannot know; complete by the time that {@link refresh} is called, a batch is read once. */
  constructor(lab: Lab, lost: LostBatches) {
    this.#lab = lab;
    this.#lost = lost;
  }

  /** Takes in what was written since the last call. */
  refresh(): void {
    for (const file of this.#lab.ledgerFiles()) {
      let tail = this.#tails.get(file);
      if (tail === undefined) this.#tails.set(file, (tail = new LedgerTail(file)));
      for (const record of tail.read()) this.#apply(record);
    }
  }

  /**
   * Leading blocks of the prompt that the engine's best rank holds; every group must have each, in any medium. `least` counts
   * what consumers can know, `most` also what they cannot know to be gone.
   */
  prefix({ spec, epoch }: EngineHandle, prompt: Prompt): { readonly least: number; readonly most: number } {
    const life = this.#lives.get(spec.engine);
    if (life === undefined || life.epoch !== epoch || spec.model !== prompt.model) return { least: 0, most: 0 };
    const ranks = [...life.ranks.values()];
    const best = (has: (rank: Rank, identity: BlockIdentity) => boolean): number =>
      Math.max(0, ...ranks.map((rank) => leading(prompt.chain, (identity) => has(rank, identity))));
    return {
      least: best(({ copies, untold }, id) => !untold.has(id) && held(copies, id, spec.groups)),
      most: best(({ copies, overstated }, id) => overstated.has(id) || held(copies, id, spec.groups)),
    };
  }

  #apply(record: LedgerRecord): void {
    const { engine, epoch, rank, changes, wire = this.#lost.wireOf(record) } = record;
    let life = this.#lives.get(engine);
    if (life === undefined || life.epoch < epoch) this.#lives.set(engine, (life = { epoch, ranks: new Map() }));
    if (life.epoch > epoch) return;
    let state = life.ranks.get(rank);
    if (state === undefined) {
      state = { copies: new Map(), untold: new Set(), overstated: new Set() };
      life.ranks.set(rank, state);
    }
    const told = wire === undefined;
    for (const change of changes) {
      if (change.op === "clear") clear(state, told);
      else for (const [identity] of change.blocks) move(state, change, identity, told);
    }
    // Whatever was known may have been removed in what was lost.
    if (!told) for (const identity of state.copies.keys()) state.untold.add(identity);
  }
}

function clear({ copies, untold, overstated }: Rank, told: boolean): void {
  if (told) overstated.clear();
  else for (const identity of copies.keys()) overstated.add(identity);
  copies.clear();
  untold.clear();
}

function move(
  { copies, untold, overstated }: Rank,
  change: Exclude<LedgerChange, { op: "clear" }>,
  identity: BlockIdentity,
  told: boolean,
): void {
  const place = `${change.group ?? 0} ${change.medium ?? "GPU"}`;
  if (change.op === "store") {
    if (change.wire === "misplaced" || change.wire === "unsaid") untold.add(identity);
    else if (told && !copies.has(identity)) untold.delete(identity);
    if (change.wire === "doubled") overstated.add(identity);
  } else if (!told || change.wire === "unsaid") overstated.add(identity);
  count(copies, identity, place, change.op === "store" ? 1 : -1);
}

function count(copies: Copies, identity: BlockIdentity, place: string, by: number): void {
  const places = copies.get(identity) ?? new Map<string, number>();
  const left = (places.get(place) ?? 0) + by;
  if (left > 0) places.set(place, left);
  else places.delete(place);
  if (places.size > 0) copies.set(identity, places);
  else copies.delete(identity);
}

function held(copies: Copies, identity: BlockIdentity, groups: number): boolean {
  const places = [...(copies.get(identity)?.keys() ?? [])];
  return new Set(places.map((place) => place.split(" ")[0])).size >= groups;
}

function leading(chain: readonly BlockIdentity[], has: (identity: BlockIdentity) => boolean): number {
  const missing = chain.findIndex((identity) => !has(identity));
  return missing < 0 ? chain.length : missing;
}
