/**
 * host.disk-full: the volume on which a process writes its files is full. An engine that cannot write its ledger publishes
 * nothing until it can: what it says is always on record, and its stream stands still. A gateway that cannot write its log
 * must go on serving.
 */
import { z } from "zod";
import { delay } from "../../../base/async.js";
import type { HostStrain } from "../../host.js";
import type { ActiveFault, Fault, FaultWorld } from "../fault.js";
import { hostOf } from "./strain.js";

interface LedgerReport {
  readonly ledger: { readonly refused_writes: number } | null;
}

const parameters = z.strictObject({});

export const diskFull: Fault<z.infer<typeof parameters>> = {
  kind: "host.disk-full",
  does: "The volume of a process is full: of an engine its ledger and log, of the gateway its log",
  targets: ["engines", "gateway"],
  needs: ["host.disk-full"],
  parameters,
  impossible(_parameters, engines) {
    const silent = engines.find(({ events }) => !events);
    return silent === undefined ? null : `${silent.engine} publishes nothing, so it writes no ledger`;
  },
  async inject(world) {
    const { engines } = world;
    const names = engines.length === 0 ? ["gateway"] : engines.map(({ spec }) => spec.engine);
    const before = await refusedWrites(world);
    return new FullDisk(world, await hostOf(world).fillVolumes(names), before);
  },
};

class FullDisk implements ActiveFault {
  readonly #world: FaultWorld;
  readonly #volumes: HostStrain;
  readonly #before: ReadonlyMap<string, number>;

  constructor(world: FaultWorld, volumes: HostStrain, before: ReadonlyMap<string, number>) {
    this.#world = world;
    this.#volumes = volumes;
    this.#before = before;
  }

  async effect(): Promise<string | null> {
    const full = await this.#volumes.seen();
    if (full === null) return null;
    const { engines, orchestrator } = this.#world;
    if (engines.length > 0) return this.#engineEffect(full);
    return `${full}; the gateway ${(await orchestrator.gatewayAnswers()) ? "answers all the same" : "does not answer"}`;
  }

  recover(): Promise<void> {
    return this.#volumes.end();
  }

  async recovered(): Promise<string | null> {
    const free = await this.#volumes.gone();
    if (free === null || this.#world.signal.aborted) return free;
    return (await this.#standing()).length === 0 ? free : null;
  }

  /** Full is not yet felt: an engine must have been refused a record. */
  async #engineEffect(full: string): Promise<string | null> {
    const refused = await refusedWrites(this.#world);
    const felt = [...refused].filter(([engine, count]) => count > (this.#before.get(engine) ?? 0));
    if (felt.length === 0) return null;
    return `${full}; refused a ledger record and hold their batches back: ${felt.map(([engine]) => engine).join(", ")}`;
  }

  /** Engines whose ledger is still refused: two looks apart by more than their pause between attempts. */
  async #standing(): Promise<string[]> {
    const before = await refusedWrites(this.#world);
    await delay(RETRY_MS);
    const after = await refusedWrites(this.#world);
    return [...after].filter(([engine, count]) => count > (before.get(engine) ?? count)).map(([engine]) => engine);
  }
}

/** Engines try a refused record again every 100 ms. */
const RETRY_MS = 250;

/** Of those that run and answer. */
async function refusedWrites({ lab, engines }: FaultWorld): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const { spec } of engines) {
    const report = (await lab.control(spec.engine, "").catch(() => null)) as LedgerReport | null;
    if (report?.ledger) counts.set(spec.engine, report.ledger.refused_writes);
  }
  return counts;
}
