/** The judge on long histories: time is linear and memory bounded. KVPROOF_JUDGE_RECORDS=5000000 runs it whole. */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { HistoryWriter } from "../../src/judge/history/history-writer.js";
import { judgeHistory } from "../../src/judge/judge.js";
import { syntheticRun } from "../../src/judge/testing/synthetic-run.js";

const RECORDS = Number(process.env.KVPROOF_JUDGE_RECORDS ?? 150_000);
const MAX_SECONDS_PER_MILLION = 24;
const MAX_RSS_BYTES = 1.5 * 2 ** 30;

const dir = mkdtempSync(join(tmpdir(), "kvproof-scale-"));
afterAll(() => rmSync(dir, { recursive: true }));

async function record(records: number): Promise<string> {
  const path = join(dir, `${records}.ndjson.gz`);
  const writer = new HistoryWriter(path);
  let made = 0;
  for (const fact of syntheticRun({ records, engines: 8, residentPrompts: 2000, seed: 7 })) {
    writer.append(fact);
    if (++made % 1000 === 0) await writer.ready();
  }
  await writer.close();
  return path;
}

describe("the judge on a long history", () => {
  it(`judges ${RECORDS} records in reasonable time and memory`, { timeout: 600_000 }, async () => {
    const path = await record(RECORDS);
    const began = performance.now();
    const report = await judgeHistory(path);
    const seconds = (performance.now() - began) / 1000;
    const peakBytes = process.resourceUsage().maxRSS * 1024;
    const { records, blockOperations } = report.counts;
    process.stdout.write(
      `${records} records (${blockOperations} block operations, ${Math.round(statSync(path).size / 2 ** 20)} MiB gzip) ` +
        `judged in ${seconds.toFixed(1)} s; peak memory of the process ${Math.round(peakBytes / 2 ** 20)} MiB\n`,
    );
    expect(records).toBe(RECORDS);
    const failed = report.properties.filter((p) => p.verdict === "fail").map((p) => [p.id, p.violations[0]?.summary]);
    expect(failed).toEqual([]);
    expect(report.properties.find((p) => p.id === "S1")?.opportunities).toBeGreaterThan(RECORDS / 10);
    expect(report.properties.find((p) => p.id === "S2")?.opportunities).toBeGreaterThan(RECORDS / 10);
    expect(report.properties.find((p) => p.id === "R1")?.opportunities).toBeGreaterThan(RECORDS / 40);
    expect(seconds).toBeLessThan(Math.max(20, (RECORDS / 1e6) * MAX_SECONDS_PER_MILLION));
    expect(peakBytes).toBeLessThan(MAX_RSS_BYTES);
  });
});
