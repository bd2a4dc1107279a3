import { describe, expect, it } from "vitest";
import { aHistory } from "../testing/a-history.js";

const MIB = 2 ** 20;

/** Two seconds of steady load: one batch of two stored blocks and one of two removed ones between the samples. */
function measured() {
  const history = aHistory({ gatewayStartMs: 400 }).engine("a").prompt("p", 2);
  const sample = (cpuSeconds: number, eventBytes: number, machineCpuSeconds: number) => {
    history.add({ k: "resource", process: "a", kind: "engine", rssBytes: MIB, cpuSeconds: cpuSeconds * 2 });
    history.add({ k: "resource", process: "runner", kind: "runner", rssBytes: MIB, cpuSeconds: 1, machineCpuSeconds });
    const index = { indexBytes: 600, indexBlocks: 10, eventBytes };
    const of = { rssBytes: 100 * MIB, heapBytes: 30 * MIB, eventLoopP99Ms: 2, ...index };
    history.add({ k: "resource", process: "gateway", kind: "gateway", cpuSeconds, ...of });
  };
  history.add({ k: "phase", name: "warmup" });
  sample(0.5, 0, 5);
  history.add({ k: "phase", name: "steady" });
  sample(1, 1000, 10);
  history.stores("a", "p").removes("a", "p").wait(2000);
  sample(1.5, 1600, 13.5);
  return history.add({ k: "phase", name: "converge" });
}

describe("costs", () => {
  it("counts what lies between two samples of the steady phase, the warm-up left out", async () => {
    const { figures } = await measured().judged();
    // A store is one event, and so is each of two removed blocks; four blocks in all.
    expect(figures.cpu_s_per_million_events).toBeCloseTo(0.5e6 / 3, 0);
    expect(figures.cpu_s_per_million_blocks).toBeCloseTo(0.5e6 / 4, 0);
    expect(figures.network_bytes_per_event).toBe(200);
    expect(figures.gateway_cpu_share).toBeCloseTo(0.25, 2);
    expect(figures.engines_cpu_share).toBeCloseTo(0.5, 2);
    // 3.5 s of the machine, of which the run's own processes had 1.5 s.
    expect(figures.foreign_cpu_share).toBeCloseTo(1, 1);
    expect(figures).toMatchObject({ gateway_rss_mib: 100, gateway_heap_mib: 30, bytes_per_block: 60 });
    expect(figures).toMatchObject({ gateway_start_ms: 400, event_loop_p99_ms: 2 });
  });

  it("can be asked for in thresholds, and what was not measured is unknown", async () => {
    const history = measured();
    Object.assign(history.records[0] as object, {
      thresholds: { gateway_rss_mib: ["value < 50"], bytes_per_block: ["value < 100"], knee_per_s: ["value > 1"] },
    });
    const { thresholds } = await history.judged();
    expect(thresholds.map(({ verdict }) => verdict)).toEqual(["fail", "pass", "unknown"]);
  });
});
