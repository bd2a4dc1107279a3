/** Begins and ends the planned faults, and puts their windows on record: injected, effective once one bit, recovering, recovered. */
import { NS_PER_MS } from "../../base/clock.js";
import type { FaultRecord } from "../../judge/history/records.js";
import { labelled } from "../labelled.js";
import { ActiveFault } from "../links/conditions.js";
import type { SimFault } from "../plan/fault-kinds.js";
import type { SimWorld } from "./sim-world.js";

const FLAP_MS = 12;
/** A new life publishes up to this many times what the old one had, at once, so that its numbers are short of, at, or past those of the old one. */
const MAX_WARM_SHARE = 2;
const MAX_WARM_BATCHES = 80;
/** Stores of what is cached already publish nothing. */
const TRIES_PER_BATCH = 4;

export class FaultDriver {
  readonly #world: SimWorld;

  constructor(world: SimWorld) {
    this.#world = world;
  }

  plan(fault: SimFault, startNs: number): void {
    this.#world.time.at(startNs + fault.atMs * NS_PER_MS, () => this.#begin(fault));
  }

  #begin(fault: SimFault): void {
    const { log, time } = this.#world;
    const note = (event: FaultRecord["event"], evidence?: string): void => {
      const targets = [fault.engine === null ? "gateway" : `engines/${fault.engine}`];
      log.fault({ id: fault.id, fault: fault.kind, targets, event, ...(evidence === undefined ? {} : { evidence }) });
    };
    note("injected");
    const rng = labelled(this.#world.plan.seed, `fault ${fault.id}`);
    const active = new ActiveFault(fault, rng, (evidence) => note("effective", evidence));
    const end = this.#inject(active);
    time.afterMs(fault.forMs, () => {
      note("recovering");
      end();
      note("recovered");
    });
  }

  /** Returns how to end it. */
  #inject(active: ActiveFault): () => void {
    const { kind } = active.fault;
    if (kind === "gateway.restart") return this.#restartGateway(active);
    if (kind === "gateway.freeze") return this.#freezeGateway(active);
    const name = active.fault.engine ?? "";
    if (kind === "engine.crash") return this.#crash(active, name);
    if (kind === "engine.freeze") return this.#freezeEngine(active, name);
    const conditions = this.#world.conditionsOf(name);
    conditions.begin(active);
    if (kind === "link.partition") this.#cut(active, name, false);
    if (kind === "link.flap") this.#flap(active, name);
    if (kind === "link.half-open") {
      this.#world.gateway?.silenced(name, () => conditions.of(kind) === active);
      return () => {
        conditions.end(active);
        this.#world.gateway?.unstick(name);
      };
    }
    return () => conditions.end(active);
  }

  #cut(active: ActiveFault, name: string, late: boolean): void {
    if (this.#world.running.get(name)?.joined !== true) return;
    active.bit(`connections to ${name} reset`);
    this.#world.gateway?.cut(name, late);
  }

  #flap(active: ActiveFault, name: string): void {
    if (this.#world.conditionsOf(name).of("link.flap") !== active) return;
    this.#cut(active, name, true);
    this.#world.time.afterMs(FLAP_MS * (1 + active.rng.float()), () => this.#flap(active, name));
  }

  #crash(active: ActiveFault, name: string): () => void {
    const running = this.#world.running.get(name);
    if (running === undefined) return nothing;
    active.bit(`${name} killed`);
    const published = running.engine.published;
    this.#world.crash(running);
    return () => {
      if (this.#world.running.get(name) !== running) return;
      this.#world.restartInPlace(running);
      const warm = Math.min(MAX_WARM_BATCHES, Math.round(active.fault.amount * MAX_WARM_SHARE * published));
      for (let i = 0; i < warm * TRIES_PER_BATCH && running.engine.published < warm; i++) {
        this.#world.happen({ atMs: 0, what: "store", seed: active.rng.u32() | 0, engine: name });
      }
    };
  }

  #freezeEngine(active: ActiveFault, name: string): () => void {
    const engine = this.#world.running.get(name)?.engine;
    if (engine === undefined || engine.hasEnded) return nothing;
    active.bit(`${name} stands still`);
    this.#life(name, "frozen");
    engine.freeze();
    this.#world.gateway?.silenced(name, () => engine.isFrozen);
    return () => {
      if (engine.hasEnded) return;
      engine.thaw();
      this.#life(name, "thawed");
    };
  }

  #life(name: string, event: "frozen" | "thawed"): void {
    const running = this.#world.running.get(name);
    if (running === undefined) return;
    const { epoch } = running.engine;
    this.#world.log.add({ k: "engine", engine: name, model: running.member.model, epoch, event });
  }

  #restartGateway(active: ActiveFault): () => void {
    active.bit("the gateway was killed");
    this.#world.stopGateway();
    return () => this.#world.startGateway();
  }

  #freezeGateway(active: ActiveFault): () => void {
    const { gateway } = this.#world;
    if (gateway === null) return nothing;
    active.bit("the gateway stands still");
    gateway.freeze();
    return () => gateway.thaw();
  }
}

function nothing(): void {
  // It met nobody.
}
