import { describe, expect, it } from "vitest";
import type { HistoryRecord, ResourceRecord, RunRecord } from "../history/records.js";
import { aHistory } from "../testing/a-history.js";
import { at, batch, life, phase, resource } from "../testing/single-records.js";
import { Costs } from "./costs.js";
import type { Figures } from "./figures.js";

const MIB = 2 ** 20;

function costsOf(records: readonly HistoryRecord[], run: Partial<RunRecord> = {}): Figures {
  const costs = new Costs({ ...(aHistory().records[0] as RunRecord), at: at(0), ...run });
  for (const record of records) costs.note(record);
  return costs.figures();
}

const gateway = (ms: number, cpuSeconds: number, more: Partial<ResourceRecord> = {}): ResourceRecord =>
  resource(ms, "gateway", cpuSeconds, { rssBytes: 100 * MIB, ...more });

const stored = { op: "store", blocks: [["1", "1"] as const, ["2", "2"] as const] } as const;
const removed = { ...stored, op: "remove" } as const;

/** Two seconds of steady load between the samples, after a warm-up that cost a lot. */
const measured: readonly HistoryRecord[] = [
  life(300, "a", "starting"),
  life(400, "a", "ready"),
  life(500, "b", "ready"),
  life(550, "b", "frozen"),
  phase(600, "warmup"),
  life(700, "c", "ready"),
  batch(800, "a", 0, { changes: [stored, stored] }),
  gateway(900, 7, { eventBytes: 1, heapBytes: 900 * MIB, eventLoopP99Ms: 90, rssBytes: 900 * MIB }),
  phase(1000, "steady"),
  resource(1000, "engine", 10, { process: "a" }),
  resource(1000, "engine", 20, { process: "b" }),
  resource(1000, "runner", 1, { machineCpuSeconds: 50 }),
  gateway(1000, 8, { eventBytes: 1000, heapBytes: 40 * MIB, eventLoopP99Ms: 9, cpuWaitSeconds: 1 }),
  batch(1100, "a", 1, { changes: [stored, removed] }),
  batch(1200, "a", 2, { changes: [{ op: "clear" }] }),
  gateway(2000, 8.2, { rssBytes: 120 * MIB, heapBytes: 30 * MIB, eventLoopP99Ms: 1 }),
  resource(3000, "engine", 10.5, { process: "a" }),
  resource(3000, "engine", 20.25, { process: "b" }),
  resource(3000, "runner", 1.5, { machineCpuSeconds: 54 }),
  gateway(3000, 8.5, {
    eventBytes: 1600,
    heapBytes: 35 * MIB,
    eventLoopP99Ms: 2,
    cpuWaitSeconds: 1.5,
    rssBytes: 110 * MIB,
    indexBytes: 600,
    indexBlocks: 10,
  }),
  phase(3100, "converge"),
  gateway(3200, 99, { eventBytes: 99_999, heapBytes: 900 * MIB, rssBytes: 900 * MIB }),
];

describe("costs", () => {
  it("counts what lies between the first and the last sample of the steady phase, and nothing else", () => {
    expect(costsOf(measured, { gatewayStartMs: 400 })).toStrictEqual({
      gateway_start_ms: 400,
      // Engine c came later, as a part of the run.
      fleet_ready_s: 0.5,
      gateway_rss_mib: 120,
      gateway_heap_mib: 40,
      event_loop_p99_ms: 2,
      bytes_per_block: 60,
      gateway_cpu_share: 0.25,
      gateway_cpu_wait_share: 0.25,
      engines_cpu_share: 0.375,
      // The machine spent 4 s: 0.5 s the gateway, 0.75 s the engines, 0.5 s the runner.
      foreign_cpu_share: 1.125,
      // A store is one event, and so are each of two removed blocks and a clear; four blocks in all.
      cpu_s_per_million_events: 125_000,
      cpu_s_per_million_blocks: 125_000,
      network_bytes_per_event: 150,
    });
  });

  it("leaves out what nobody told", () => {
    const bare = [phase(0, "steady"), gateway(0, 1), gateway(1000, 1.5)];
    expect(costsOf(bare)).toStrictEqual({ gateway_rss_mib: 100, gateway_cpu_share: 0.5, engines_cpu_share: 0 });
    const index = costsOf([phase(0, "steady"), gateway(0, 1, { indexBytes: 64, indexBlocks: 0, eventBytes: 5 })]);
    expect(index).toStrictEqual({ gateway_rss_mib: 100 });
    expect(costsOf([phase(0, "steady"), gateway(0, 1, { indexBlocks: 5 })])).toStrictEqual({ gateway_rss_mib: 100 });
    expect(costsOf([gateway(0, 1), gateway(1000, 2)])).toStrictEqual({});
  });

  it("has no network per event when nothing was told of the bytes, or nothing was emitted", () => {
    const emitted = [phase(0, "steady"), gateway(0, 1), batch(1, "a", 0, { changes: [stored] }), gateway(1000, 1.5)];
    expect(costsOf(emitted)).toStrictEqual({
      gateway_rss_mib: 100,
      gateway_cpu_share: 0.5,
      engines_cpu_share: 0,
      cpu_s_per_million_events: 500_000,
      cpu_s_per_million_blocks: 250_000,
    });
    const idle = costsOf([phase(0, "steady"), gateway(0, 1, { eventBytes: 1 }), gateway(1000, 2, { eventBytes: 2 })]);
    expect(idle.network_bytes_per_event).toBeUndefined();
  });

  it("calls the machine's other work none when processes used more than the machine says it spent", () => {
    const machine = (ms: number, machineCpuSeconds: number) => resource(ms, "runner", 0, { machineCpuSeconds });
    const odd = [phase(0, "steady"), machine(0, 5), gateway(0, 1), machine(1000, 5.5), gateway(1000, 2)];
    expect(costsOf(odd)).toMatchObject({ foreign_cpu_share: 0 });
  });

  it("tells the growth of memory from five samples on, by all of them", () => {
    const growing = (samples: number) =>
      [100, 101, 102, 103, 104].slice(0, samples).map((mib, i) => gateway(i * 1000, 1, { rssBytes: mib * MIB }));
    expect(costsOf([phase(0, "steady"), ...growing(5)]).rss_slope_mib_per_h).toBeCloseTo(3600, 6);
    expect(costsOf([phase(0, "steady"), ...growing(4)]).rss_slope_mib_per_h).toBeUndefined();
    const bumpy = [100, 100, 110, 100, 100].map((mib, i) => gateway(i * 1000, 1, { rssBytes: mib * MIB }));
    expect(costsOf([phase(0, "steady"), ...bumpy]).rss_slope_mib_per_h).toBe(0);
  });

  it("can be asked for in thresholds, and what was not measured is unknown", async () => {
    const thresholds = { gateway_rss_mib: ["value < 50"], bytes_per_block: ["value < 100"], knee_per_s: ["value > 1"] };
    const history = aHistory({ thresholds }).engine("a").add({ k: "phase", name: "steady" });
    const of = { rssBytes: 100 * MIB, indexBytes: 600, indexBlocks: 10 };
    for (const cpuSeconds of [1, 2]) {
      history.add({ k: "resource", process: "gateway", kind: "gateway", cpuSeconds, ...of }).wait(1000);
    }
    const report = await history.judged();
    expect(report.thresholds.map(({ verdict }) => verdict)).toEqual(["fail", "pass", "unknown"]);
  });
});
