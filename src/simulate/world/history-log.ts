/** Collects the records of a simulated run, stamped with virtual time and so in order. */
import { NS_PER_MS } from "../../base/clock.js";
import type { LedgerRecord } from "../../base/ledger.js";
import type { FaultRecord, HistoryRecord } from "../../judge/history/records.js";
import { SIM_BOUNDS, type SimPlan } from "../plan/plan.js";
import type { VirtualTime } from "../virtual-time.js";

type Untimed<T> = T extends { readonly at: number } ? Omit<T, "at"> : never;

export class HistoryLog {
  readonly #records: HistoryRecord[] = [];
  readonly #time: VirtualTime;
  readonly #effective = new Set<string>();

  constructor(time: VirtualTime, plan: SimPlan) {
    this.#time = time;
    const capabilities = { match: true, route: true, dump: true, streams: true, metrics: true, replay: true };
    const more = { lora: true, salt: true, tiers: true, proxy: true, lease_ms: null };
    // A request that runs on an engine as it dies cannot be answered.
    const checks = plan.faults.length === 0 ? ["served", "cached-tokens-agree"] : ["cached-tokens-agree"];
    this.add({
      k: "run",
      version: 1,
      scenario: plan.name,
      title: plan.faults.length === 0 ? "Simulated run without faults" : "Simulated run with faults",
      seed: plan.seed,
      lab: "simulation",
      sut: { name: "gateway cores", version: "0", capabilities: { ...capabilities, ...more } },
      bounds: {
        stalenessNs: SIM_BOUNDS.stalenessMs * NS_PER_MS,
        recoveryNs: SIM_BOUNDS.recoveryMs * NS_PER_MS,
        gapNs: SIM_BOUNDS.gapMs * NS_PER_MS,
        departureNs: SIM_BOUNDS.departureMs * NS_PER_MS,
        adapterNs: SIM_BOUNDS.adapterMs * NS_PER_MS,
      },
      models: Object.fromEntries(plan.models.map((model) => [model, { blockSize: plan.blockSize }])),
      policy: { minMatchBlocks: 1 },
      // Whether enough was exercised is a question to all seeds together, not to each.
      opportunities: { S0: 0, S1: 0, S2: 0, S3: 0, C1: 0, "cached-tokens-agree": 0, served: 0 },
      thresholds: {},
      checks,
      requiredMarks: [],
    });
  }

  add(record: Untimed<HistoryRecord>): void {
    this.#records.push({ ...record, at: this.#time.nowNs() } as HistoryRecord);
  }

  ledger(record: LedgerRecord): void {
    this.add({ k: "ledger", ...record });
  }

  fault(record: Omit<FaultRecord, "k" | "at">): void {
    if (record.event === "effective") this.#effective.add(record.id);
    this.add({ k: "fault", ...record });
  }

  /** Faults that met nobody are left out: they are no excuse. */
  finish(): HistoryRecord[] {
    return this.#records.filter((record) => record.k !== "fault" || this.#effective.has(record.id));
  }
}
