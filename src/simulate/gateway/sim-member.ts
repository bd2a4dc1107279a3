/** One registered engine as the simulated gateway sees it: its streams, its health, its load. Imitates fleet/engine.ts. */
import type { HolderId } from "../../gateway/index/index-types.js";
import { LifeDoubt } from "../../gateway/policy/life-doubt.js";
import type { RoutableEngine } from "../../gateway/policy/router.js";
import type { HealthState } from "../../gateway/ports.js";
import type { SimEngine } from "../engine/sim-engine.js";
import type { SimFleetMember } from "../plan/plan.js";
import type { VirtualTime } from "../virtual-time.js";
import type { SimStream } from "./sim-stream.js";
import { TEMPO } from "./tempo.js";

/** Checks in a row without an answer, after which an engine gets no new requests. */
const MISSED_CHECKS = 2;

export interface FollowedRank {
  readonly holder: HolderId;
  readonly stream: SimStream;
}

export class SimMember implements RoutableEngine {
  readonly member: SimFleetMember;
  readonly ranks: readonly FollowedRank[];
  readonly health: { state: HealthState } = { state: "unknown" };
  load = 0;
  readonly #time: VirtualTime;
  readonly #engine: () => SimEngine | null;
  readonly #doubt = new LifeDoubt();
  #missed = 0;
  #watching = false;
  #closed = false;

  constructor(
    member: SimFleetMember,
    ranks: readonly FollowedRank[],
    time: VirtualTime,
    engine: () => SimEngine | null,
  ) {
    this.member = member;
    this.ranks = ranks;
    this.#time = time;
    this.#engine = engine;
  }

  get name(): string {
    return this.member.name;
  }
  get multiRank(): boolean {
    return this.ranks.length > 1;
  }

  answerable(): boolean {
    if (this.#closed || this.health.state === "down") return false;
    return this.#doubt.isSettled(() =>
      this.ranks.map(({ stream }) => ({ ...this.#statusOf(stream), lastHeardNs: 0, receivedBytes: 0 })),
    );
  }

  credit(): number {
    return this.ranks.reduce((best, { stream }) => Math.max(best, stream.session.credit(this.#time.nowNs())), 0);
  }

  creditOf(rank: number): number {
    return this.ranks[rank]?.stream.session.credit(this.#time.nowNs()) ?? 0;
  }

  /** A lost connection is the first sign of a dead engine. */
  watch(): void {
    if (this.#watching) return;
    this.#watching = true;
    this.#time.afterMs(TEMPO.watchMs, () => this.#look());
  }

  close(): void {
    this.#closed = true;
    for (const { stream } of this.ranks) stream.close();
  }

  /** Goes on looking until it is healthy and connected again. */
  #look(): void {
    if (this.#closed) return;
    const engine = this.#engine();
    this.#missed = engine === null || !engine.isFrozen ? 0 : this.#missed + 1;
    if (engine === null) this.#become("down");
    else if (this.#missed >= MISSED_CHECKS) this.#become("unresponsive");
    else if (!engine.isFrozen) this.#become("healthy");
    const settled =
      this.health.state === "healthy" && this.ranks.every(({ stream }) => this.#statusOf(stream).connected);
    this.#watching = !settled;
    if (!settled) this.#time.afterMs(TEMPO.healthIntervalMs, () => this.#look());
  }

  #become(state: HealthState): void {
    if (state === "down" && this.health.state !== state) this.#doubt.raise();
    this.health.state = state;
  }

  #statusOf(stream: SimStream): ReturnType<SimStream["session"]["status"]> {
    return stream.session.status(this.#time.nowNs());
  }
}
