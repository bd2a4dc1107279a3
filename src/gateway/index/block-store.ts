/**
 * The tables together, and the few steps that must keep them in agreement: a lane's bit is in a node's set exactly while
 * some hash of the lane stands at that node, and a node lives exactly while its set is not empty.
 */
import { Rng } from "../../base/rng.js";
import { BlockHasher } from "./block-hasher.js";
import { Contexts } from "./contexts.js";
import type { Context } from "./contexts.js";
import type { Holder } from "./holder.js";
import { Lane } from "./holder.js";
import { EMPTY_SET, LaneSets } from "./lane-sets.js";
import { CONTEXT, KEY_HIGH, KEY_LOW, NODE_WORDS, NO_NODE, NodeTable, SET, UNPLACED } from "./node-table.js";
import { Parking } from "./parking.js";
import { RetiredLanes } from "./retired-lanes.js";
import type { SweptTables } from "./retired-lanes.js";

/** Copies of one hash in one medium that can be told apart; more are not counted, so they are forgotten too early. */
const MAX_COPIES = 0xffff;
/** Heap of a parked block with its map entries, and of a holder with one lane, as `heapUsed` grows by them. */
const PARKED_BYTES = 260;
const LANE_BYTES = 2000;
/** Slots of retired lanes that are taken out whenever one retires, below 0.2 ms: a small lane is gone at once. */
const SWEPT_AT_ONCE_SLOTS = 1024;

const newCounters = () => ({
  storedBlocks: 0,
  removedBlocks: 0,
  evictedByCap: 0,
  orphansParked: 0,
  orphansAdopted: 0,
  orphansDropped: 0,
  unknownRemovals: 0,
  sparseEvents: 0,
  conflicts: 0,
  adapterReloads: 0,
  lateBatches: 0,
});

export class BlockStore {
  readonly nodes: NodeTable;
  readonly sets: LaneSets;
  readonly contexts: Contexts;
  readonly hasher: BlockHasher;
  readonly parking = new Parking();
  readonly counters = newCounters();
  readonly retired = new RetiredLanes();
  /** Lane of each bit. */
  readonly lanes: (Lane | undefined)[] = [];
  /** Entries in all residency tables, those of retired lanes included. */
  entries = 0;
  /** Those at no node. */
  unplaced = 0;
  /** Keeps touching loads from being optimised away. */
  warmth = 0;
  readonly #rng: Rng;
  readonly #swept: SweptTables = {
    touch: (nodes, count) => {
      this.warmth ^= this.nodes.warmNodes(nodes, count);
    },
    leave: (lane, node) => this.#leave(lane, node),
    close: (lane) => this.sets.closeLane(lane.bit),
  };

  constructor(
    readonly maxEntries: number,
    readonly maxParked: number,
    seed: number,
  ) {
    const rng = new Rng(seed);
    this.#rng = rng.fork("residency");
    this.nodes = new NodeTable(maxEntries);
    this.sets = new LaneSets(rng.fork("sets"));
    this.contexts = new Contexts(rng.fork("contexts"));
    this.hasher = new BlockHasher(rng.fork("hasher"));
  }

  /** Bytes of all tables; parked blocks and holders are objects, counted by a rule of thumb. */
  get bytes(): number {
    let bytes = this.nodes.bytes + this.sets.bytes + this.parking.count * PARKED_BYTES;
    bytes += this.retired.bytes;
    for (const lane of this.lanes) if (lane !== undefined) bytes += lane.held.bytes + LANE_BYTES;
    return bytes;
  }

  openLane(holder: Holder, group: number): Lane {
    const lane = this.#newLane(holder, group);
    holder.lanes.push(lane);
    return lane;
  }
  closeLane(lane: Lane): void {
    lane.holder.lanes.splice(lane.holder.lanes.indexOf(lane), 1);
    this.#retire(lane);
  }
  /** Forgets all that the lane holds: another, empty one takes its place. */
  clearLane(lane: Lane): void {
    const { holder, group } = lane;
    holder.lanes[holder.lanes.indexOf(lane)] = this.#newLane(holder, group);
    this.#retire(lane);
  }
  /** Takes up to `slots` slots of retired lanes out of the tables. */
  sweep(slots: number): void {
    if (this.retired.count === 0) return;
    this.entries -= this.retired.sweep(slots, this.#swept);
  }
  #newLane(holder: Holder, group: number): Lane {
    const bit = this.sets.openLane();
    this.retired.widen(this.sets.width);
    const lane = new Lane(holder, group, bit, this.#rng.u32());
    this.lanes[bit] = lane;
    return lane;
  }
  #retire(lane: Lane): void {
    this.lanes[lane.bit] = undefined;
    this.parking.removeLane(lane);
    this.retired.add(lane);
    this.entries -= lane.unplaced;
    this.#countUnplaced(lane, -lane.unplaced);
    this.sweep(SWEPT_AT_ONCE_SLOTS);
  }

  /** The node of a key, made if need be; `near` (any node or {@link NO_NODE}) is tried at its right neighbour first. */
  nodeFor(low: number, high: number, context: Context, near: number): number {
    const { words } = this.nodes;
    const at = (near + 1) * NODE_WORDS;
    if (
      near !== NO_NODE &&
      words[at + KEY_LOW] === low &&
      words[at + KEY_HIGH] === high &&
      words[at + SET] !== EMPTY_SET
    ) {
      return near + 1;
    }
    const { count } = this.nodes;
    const node = this.nodes.findOrCreate(low, high, context.id);
    if (this.nodes.count > count) context.uses++;
    if (node !== near + 1) this.nodes.beginsRun(low, high, node);
    return node;
  }
  contextOf(node: number): Context {
    return this.contexts.byId[this.nodes.words[node * NODE_WORDS + CONTEXT] as number] as Context;
  }

  /** A new entry of the lane, at a node or {@link UNPLACED}, with one copy; `hint` as `Residency.find` gave it. The caller has made room. */
  insert(lane: Lane, hint: number, low: number, high: number, column: number, node: number): void {
    if (--lane.generationLeft < 0) this.#nextGeneration(lane);
    lane.held.insert(hint, low, high, node, lane.generation, column);
    this.entries++;
    if (node === UNPLACED) this.#countUnplaced(lane, 1);
    else this.#enter(lane, node);
  }
  /** An unplaced entry finds its place. */
  settle(lane: Lane, slot: number, node: number): void {
    lane.held.setNode(slot, node);
    this.#countUnplaced(lane, -1);
    this.#enter(lane, node);
  }
  addCopy(lane: Lane, slot: number, column: number): void {
    const { held } = lane;
    const copies = held.copies(slot, column);
    const counted = lane.holder.duplicates === "set" ? 1 : Math.min(copies + 1, MAX_COPIES);
    held.touch(slot, lane.generation);
    if (copies !== counted) held.setCopies(slot, column, counted);
  }
  /** Forgets the entry in this slot; other slots of the lane may move. */
  drop(lane: Lane, slot: number): void {
    const { held } = lane;
    const node = held.nodeAt(slot);
    if (node === UNPLACED) {
      this.#countUnplaced(lane, -1);
      const parked = this.parking.find(lane, held.hashLow(slot), held.hashHigh(slot));
      if (parked !== undefined) this.parking.remove(parked);
    } else this.#leave(lane, node);
    held.removeAt(slot);
    this.entries--;
  }
  #countUnplaced(lane: Lane, change: number): void {
    lane.unplaced += change;
    lane.holder.unplaced += change;
    this.unplaced += change;
  }
  #enter(lane: Lane, node: number): void {
    const at = node * NODE_WORDS + SET;
    const set = this.nodes.words[at] as number;
    if (set !== EMPTY_SET && this.sets.has(set, lane.bit)) lane.renamed.set(node, (lane.renamed.get(node) ?? 0) + 1);
    else this.nodes.words[at] = this.sets.add(set, lane.bit);
  }
  #leave(lane: Lane, node: number): void {
    if (lane.renamed.size > 0) {
      const others = lane.renamed.get(node) ?? 0;
      if (others > 1) lane.renamed.set(node, others - 1);
      else if (others === 1) lane.renamed.delete(node);
      if (others > 0) return;
    }
    const at = node * NODE_WORDS + SET;
    const set = this.sets.remove(this.nodes.words[at] as number, lane.bit);
    this.nodes.words[at] = set;
    if (set !== EMPTY_SET) return;
    const context = this.contextOf(node);
    this.nodes.free(node);
    this.contexts.release(context);
  }
  #nextGeneration(lane: Lane): void {
    lane.generation = (lane.generation + 1) & 0xffff;
    lane.generationLeft = Math.max(MIN_GENERATION, lane.held.count >>> GENERATIONS_SHIFT);
  }
}

/** A generation is a sixteenth of what a lane holds when it begins. */
const GENERATIONS_SHIFT = 4;
const MIN_GENERATION = 16;
