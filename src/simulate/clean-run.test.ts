import { describe, expect, it } from "vitest";
import { loadHashes } from "../engine/cache/hash-functions.js";
import type { HistoryRecord } from "../judge/history/records.js";
import { judgeHistory } from "../judge/judge.js";
import { simulateCleanRun } from "./clean-run.js";
import { simulateRun } from "./simulate-run.js";

const SEEDS = Number(process.env.KVPROOF_SIM_SEEDS ?? 100);
const FIRST = Number(process.env.KVPROOF_SIM_FIRST ?? 1);
const hashes = await loadHashes("sha256_cbor");

describe("clean simulated runs", () => {
  it(`${SEEDS} seeds find nothing wrong: no false alarm, and every property is exercised somewhere`, {
    timeout: 300_000,
  }, async () => {
    const opportunities: Record<string, number> = {};
    const wrong: unknown[] = [];
    for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
      const report = await judgeHistory(simulateCleanRun(seed, hashes));
      for (const p of report.properties) {
        opportunities[p.id] = (opportunities[p.id] ?? 0) + p.opportunities;
        const idle = p.verdict === "unknown" && p.reason === "not exercised" && p.required === 0;
        if (p.verdict !== "pass" && !idle)
          wrong.push({ seed, id: p.id, verdict: p.verdict, reason: p.reason, first: p.violations[0] });
      }
    }
    expect(wrong).toEqual([]);
    const idle = Object.entries(opportunities).filter(([, count]) => count === 0);
    expect(idle).toEqual([]);
  });

  it("gives the same history for the same seed under faults, and another for another", () => {
    expect(simulateRun(11, hashes)).toEqual(simulateRun(11, hashes));
    expect(simulateRun(11, hashes)).not.toEqual(simulateRun(12, hashes));
  });

  it("gives the same history for the same seed, and another for another", () => {
    expect(simulateCleanRun(11, hashes)).toEqual(simulateCleanRun(11, hashes));
    expect(simulateCleanRun(11, hashes)).not.toEqual(simulateCleanRun(12, hashes));
  });

  it("turns red when the gateway's answers are bent, so that green means something", async () => {
    const history = simulateCleanRun(11, hashes);
    const bent = history.map(
      (record): HistoryRecord =>
        record.k === "query"
          ? { ...record, answer: Object.fromEntries(Object.entries(record.answer ?? {}).map(([e, n]) => [e, n + 1])) }
          : record,
    );
    const report = await judgeHistory(bent);
    expect(report.exitCode).toBe(1);
    expect(report.properties.filter((p) => p.verdict === "fail").map((p) => p.id)).toEqual(
      expect.arrayContaining(["S0", "S1", "S3", "C1"]),
    );
  });
});
