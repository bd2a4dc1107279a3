import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { machineFingerprint } from "../../../src/campaign/machine.js";
import { type BenchmarkResult, type BenchReport, saveReport, worstExit } from "./results.js";
import { overallThresholds } from "./thresholds.js";
import { reportLines } from "./tables.js";
import { growthSvg } from "./growth-chart.js";
import type { LoadStep } from "../../../src/judge/verdict.js";
import type { WireReport } from "../wire/measure.js";

const step = (offeredPerS: number, cpuUsPerBatch: number, limit: LoadStep["limit"] = null): LoadStep => ({
  offeredPerS,
  sentPerS: offeredPerS,
  offered: offeredPerS,
  sent: offeredPerS,
  lastedMs: 1000,
  latenessP50Ms: 1,
  latenessP99Ms: 1,
  latenessMaxMs: 1,
  drainMs: 1,
  cpuUsPerBatch,
  limit,
  receiveToApplyP99Ms: 1,
  emitToApplyP99Ms: 1,
});
const result = (scenario: string, cpu: number, engines = 10, load: readonly LoadStep[] = []): BenchmarkResult => ({
  scenario: `benchmark/${scenario}`,
  title: scenario,
  verdict: "pass",
  exitCode: 0,
  headline: "pass",
  engines,
  durationMs: 1,
  sample: 1,
  dir: "x",
  figures: { cpu_s_per_million_events: cpu },
  thresholds: [],
  load,
  distributions: [],
});
const wire = (kneePerS: number, limit: WireReport["limit"]): WireReport => ({
  kneePerS,
  limit,
  pinned: true,
  bytesPerBatch: 300,
  steps: [{ offeredPerS: 70_000, sentPerS: kneePerS, drainMs: 3, latenessP99Ms: 1, consumerCpu: 0.5, lost: 0, limit }],
  growth: [{ residentBlocks: 1e4, bytesPerBlock: 50, rssMib: 1, cpuSecondsPerMillionEvents: 3 }],
});
const report = (results: readonly BenchmarkResult[]): BenchReport => ({
  schemaVersion: 1,
  benchmark: "system",
  startedAt: "",
  sampled: true,
  tool: {},
  machine: machineFingerprint(),
  results,
  wire: wire(70_000, null),
  thresholds: [],
  exitCode: 0,
});

describe("benchmark results", () => {
  it("a disk that is full costs the last write alone: what was written before stays whole", () => {
    const dir = mkdtempSync(join(tmpdir(), "kvproof-bench-"));
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
    saveReport(dir, report([result("a", 1)]));
    const full = (file: string, text: string): void => {
      writeFileSync(file, text.slice(0, 20));
      throw new Error("ENOSPC: no space left on device, write");
    };
    expect(() => saveReport(dir, report([result("a", 1), result("b", 1)]), full)).toThrow(
      /bench\.json: ENOSPC.*2 results were measured; what was written before is kept/,
    );
    const kept = JSON.parse(readFileSync(join(dir, "bench.json"), "utf8")) as BenchReport;
    expect([kept.schemaVersion, kept.results.length, kept.machine.cores > 0]).toEqual([1, 1, true]);
    expect(readdirSync(dir).sort()).toEqual(["bench.json", "bench.json.part"]);
  });

  it.skipIf(!existsSync("/dev/full"))("says so when the system refuses the bytes (needs Linux)", () => {
    expect(() => saveReport(tmpdir(), report([]), (_, text) => writeFileSync("/dev/full", text))).toThrow(/ENOSPC/);
  });

  it("a violated property outweighs a missed threshold, and that outweighs doubt", () => {
    expect(worstExit([0, 3, 2, 1])).toBe(1);
    expect(worstExit([0, 2, 3])).toBe(3);
    expect(worstExit([0, 2])).toBe(2);
    expect(worstExit([69, 3])).toBe(69);
    expect(worstExit([0])).toBe(0);
  });

  it("cost per batch may grow by half from 10 to 100 engines, and no more, at the highest rate that both keep up with", () => {
    const few = result("throughput-system-10", 1, 10, [step(5000, 90), step(7100, 40), step(10_000, 30)]);
    const grown = (factor: number) => {
      const steps = [step(5000, 500), step(7100, 40 * factor), step(10_000, 1, "system under test")];
      return overallThresholds([few, result("throughput-system-100", 1, 100, steps)], null);
    };
    expect(grown(1.4)).toMatchObject([{ measured: 1.4, verdict: "pass" }]);
    expect(grown(1.6)).toMatchObject([{ measured: 1.6, verdict: "fail" }]);
    expect(overallThresholds([few], null)).toEqual([]);
  });

  it("a publisher that could not send enough says nothing about the subscriber", () => {
    expect(overallThresholds([], wire(70_000, "system under test"))[0]?.verdict).toBe("pass");
    expect(overallThresholds([], wire(50_000, "system under test"))[0]?.verdict).toBe("fail");
    expect(overallThresholds([], wire(50_000, "generator"))[0]?.verdict).toBe("unknown");
  });

  it("tables and chart show what was measured", () => {
    const results = [
      result("throughput-system-10", 41.5, 10, [step(7100, 20)]),
      result("throughput-system-100", 40, 100, [step(7100, 50.25)]),
    ];
    const text = reportLines(report(results)).join("\n");
    expect(text).toMatch(/throughput-system-10 +10 .* 41\.5/);
    expect(text).toMatch(/throughput-system-100 .* 7,100 .* 50\.3/);
    expect(text).toContain("70,000 batches/s with nothing lost");
    expect(growthSvg(report(results))).toContain("50.3");
  });
});
