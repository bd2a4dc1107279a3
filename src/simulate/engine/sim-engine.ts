/** One life of an engine of the simulation: the double's cores (cache, publisher) without sockets, on virtual time. */
import type { LedgerRecord } from "../../base/ledger.js";
import { EngineCore } from "../../engine/cache/engine-core.js";
import type { HashFunctions } from "../../engine/cache/hash-functions.js";
import { PublisherCore } from "../../engine/publisher/publisher-core.js";
import { labelled } from "../labelled.js";
import type { Conditions } from "../links/conditions.js";
import type { SimFleetMember } from "../plan/plan.js";
import type { VirtualTime } from "../virtual-time.js";
import { SimRank } from "./sim-rank.js";

export interface EngineSurroundings {
  readonly seed: number;
  readonly blockSize: number;
  readonly time: VirtualTime;
  readonly hashes: HashFunctions;
  readonly conditions: Conditions;
  readonly ledger: (record: LedgerRecord) => void;
}

export class SimEngine {
  readonly member: SimFleetMember;
  readonly epoch: number;
  readonly ranks: readonly SimRank[];
  #frozen = false;
  #ended = false;

  constructor(member: SimFleetMember, epoch: number, around: EngineSurroundings) {
    this.member = member;
    this.epoch = epoch;
    this.ranks = Array.from({ length: member.ranks }, (_, rank) => makeRank(member, epoch, rank, around));
  }

  get isFrozen(): boolean {
    return this.#frozen;
  }
  get hasEnded(): boolean {
    return this.#ended;
  }

  /** Batches of this life, over all ranks. */
  get published(): number {
    return this.ranks.reduce((sum, { published }) => sum + published, 0);
  }

  /** Runs, so that the lab can reach into it. */
  get isUp(): boolean {
    return !this.#ended && !this.#frozen;
  }

  kill(): void {
    this.#ended = true;
    for (const rank of this.ranks) rank.end();
  }

  freeze(): void {
    this.#frozen = true;
    for (const rank of this.ranks) rank.freeze();
  }

  thaw(): void {
    this.#frozen = false;
    for (const rank of this.ranks) rank.thaw();
  }
}

function makeRank(member: SimFleetMember, epoch: number, rank: number, around: EngineSurroundings): SimRank {
  const { name, model, gpuBlocks, cpuBlocks, groups, hash, intHashes, dialect, ringBatches, clockSkewS } = member;
  const { seed, blockSize, time, hashes, conditions } = around;
  const config = { model, numGpuBlocks: gpuBlocks, cpuBlocks, kvGroups: groups, blockSize, hashAlgorithm: hash };
  return new SimRank(rank, {
    core: new EngineCore({ ...config, intHashes }, hashes),
    publisher: new PublisherCore({ dialect, topic: name, bufferSteps: ringBatches }),
    time,
    rng: labelled(seed, `engine ${name} ${epoch} ${rank}`),
    conditions,
    clockSkewS,
    ledger: (seq, { ledger: changes }, wire) => {
      const record = { engine: name, epoch, rank, seq, at_ns: time.nowNs(), changes };
      around.ledger(wire === undefined ? record : { ...record, wire });
    },
  });
}
