import { describe, expect, it } from "vitest";
import type { HistoryRecord } from "./history/records.js";
import { judgeHistory } from "./judge.js";
import type { Property } from "./properties/property.js";
import { aHistory } from "./testing/a-history.js";

const exercised = (overrides = {}) =>
  aHistory(overrides).engine("a").prompt("p", 2).stores("a", "p").wait(1500).asks("p", { a: 2 }, { probe: "converge" });

describe("judgeHistory", () => {
  it("turns a checker that throws into unknown with its stack, and judges the rest", async () => {
    const broken: Property = {
      id: "S0",
      title: "broken",
      kind: "always",
      statement: "throws",
      start: () => ({
        answer() {
          throw new Error("boom");
        },
      }),
    };
    const report = await judgeHistory(exercised().finished(), { properties: [broken] });
    expect(report.exitCode).toBe(2);
    expect(report.properties[0]).toMatchObject({ verdict: "unknown" });
    expect(report.properties[0]?.reason).toMatch(/boom\n\s+at /);
  });

  it("ranks the exit codes: violated over inconclusive over threshold", async () => {
    const thresholds = { query_ms: ["max < 0.5"], flip_ms: ["p99 < 5"] };
    expect((await exercised({ thresholds: { query_ms: ["max < 0.5"] } }).judged()).exitCode).toBe(3);
    const unmeasured = await exercised({ thresholds }).judged();
    expect(unmeasured.exitCode).toBe(2);
    expect(unmeasured.headline).toContain("flip_ms p99 < 5: not measured");
    expect((await exercised({ thresholds }).asks("p", { ghost: 1 }).judged()).exitCode).toBe(1);
  });

  it("keeps the first proofs and counts all violations", async () => {
    const history = exercised();
    for (let i = 0; i < 20; i++) history.asks("p", { ghost: 1, a: 2 });
    const s0 = (await history.judged()).properties.find((p) => p.id === "S0");
    expect(s0).toMatchObject({ violationCount: 20 });
    expect(s0?.violations).toHaveLength(8);
  });

  it("refuses a history that goes back in time, begins without its run, uses an unknown prompt or check", async () => {
    const records = exercised().finished();
    const swapped: HistoryRecord[] = [...records.slice(0, 3), records[5]!, records[4]!];
    await expect(judgeHistory(swapped)).rejects.toThrow(/record 5 .*back in time/);
    await expect(judgeHistory(records.slice(1))).rejects.toMatchObject({ code: "KVP_E_HISTORY_INVALID" });
    await expect(judgeHistory([])).rejects.toThrow("the history is empty");
    await expect(aHistory().asks("nowhere", {}).judged()).rejects.toThrow("prompt nowhere is used but not recorded");
    await expect(aHistory({ checks: ["nonsense"] }).judged()).rejects.toMatchObject({ code: "KVP_E_UNKNOWN_PROPERTY" });
  });

  it("reads prompts that share a prefix as one chain", async () => {
    const history = aHistory()
      .engine("a")
      .prompt("p", 3)
      .prompt("q", { blocks: 5, sharing: ["p", 2] })
      .prompt("r", { blocks: 6, sharing: ["q", 4] });
    const result = await history
      .stores("a", "q")
      .wait(150)
      .asks("r", { a: 4 })
      .asks("p", { a: 2 })
      .asks("r", { a: 5 })
      .verdictOf("S0");
    expect(result).toMatchObject({ violationCount: 1, violations: [{ proof: { prompt: "r", block: 4 } }] });
  });

  it("maps where and when answers were wrong, and tells the run's story", async () => {
    const history = aHistory()
      .add({ k: "phase", name: "steady" })
      .engine("a")
      .engine("b")
      .prompt("p", 4)
      .stores("a", "p")
      .wait(250)
      .asks("p", { a: 1, b: 2 });
    history.fault("cut", "injected").wait(50).fault("cut", "effective").fault("cut", "recovered").dies("b");
    const report = await history.requests("p", "a", { status: 200 }).judged();
    expect(report.divergence.engines).toEqual(["a", "b"]);
    expect(report.divergence.cells).toEqual([
      { engine: 0, bucket: 2, extra: 0, missing: 3 },
      { engine: 1, bucket: 2, extra: 2, missing: 0 },
    ]);
    const steady = report.timeline.find((item) => item.kind === "phase");
    expect(steady).toMatchObject({ label: "steady", endMs: report.durationMs });
    const fault = report.timeline.find((item) => item.kind === "fault" && item.endMs !== undefined);
    expect(fault?.label).toBe("cut: link.partition");
    expect(report.timeline.find((item) => item.lane === "b" && item.label === "life 1")?.endMs).toBeGreaterThan(300);
    expect(report.series.find((s) => s.name === "requests")?.points).toEqual([
      { tMs: 0, values: { offered: 1, served: 1 } },
    ]);
    expect(report.series.find((s) => s.name === "query latency")?.points[0]?.values.max).toBeCloseTo(1, 1);
    expect(report.counts).toMatchObject({ engines: 2, queries: 1, requests: 1, batches: 1, blockOperations: 4 });
  });

  it("leaves the warm-up out of latencies, not out of the properties", async () => {
    const history = aHistory().add({ k: "phase", name: "warmup" }).engine("a").prompt("p", 2).asks("p", { ghost: 1 });
    const report = await history.judged();
    expect(report.distributions.map(({ measure }) => measure)).toEqual(["start_ms"]);
    expect(report.exitCode).toBe(1);
  });

  it("leaves out what was published in the warm-up, though it is seen when that is over", async () => {
    const probe = { probe: "visibility", target: "a" } as const;
    const history = aHistory().engine("a").prompt("p", 2).prompt("q", 2);
    history.add({ k: "phase", name: "warmup" }).stores("a", "p").wait(10).add({ k: "phase", name: "steady" });
    history.asks("p", { a: 2 }, probe).stores("a", "q").asks("q", { a: 2 }, probe);
    const { distributions } = await history.judged();
    expect(distributions.find(({ measure }) => measure === "visibility_ms")).toMatchObject({ count: 1 });
  });
});
