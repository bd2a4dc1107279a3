import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { waitFor } from "../../base/async.js";
import { systemClock } from "../../base/clock.js";
import type { HistoryRecord } from "../../judge/history/records.js";
import type { Signal } from "../../lab/sut/port.js";
import type { RunContext } from "./run-context.js";
import { Telling } from "./telling.js";

const dir = mkdtempSync(join(tmpdir(), "kvproof-telling-"));
afterAll(() => rmSync(dir, { recursive: true }));

const live: Signal = { metric: "stream_connected", engine: "m/1", rank: "0", value: 1 };

/** A system under test whose metrics page and log the test writes. */
function follow(page: { signals: Signal[] | Error }) {
  const records: HistoryRecord[] = [];
  const sutLogFile = join(dir, `${records.length}-${Math.random()}.log`);
  writeFileSync(sutLogFile, "said before\n");
  const signals = async (): Promise<readonly Signal[]> => {
    if (page.signals instanceof Error) throw page.signals;
    return page.signals;
  };
  const recorder = { record: (record: HistoryRecord) => void records.push(record) };
  const telling = new Telling({ sutLogFile, clock: systemClock, recorder, sut: { signals } } as unknown as RunContext);
  const seen = (k: "log" | "metric") => records.filter((record) => record.k === k);
  const until = (k: "log" | "metric", count: number) =>
    waitFor(() => seen(k).length >= count, { describe: `${count} ${k} records`, timeoutMs: 5000, intervalMs: 5 });
  return { telling, sutLogFile, seen, until };
}

describe("what a system under test tells from the first fault on", () => {
  it("records lines and changes from then on, and nothing of how things stood", async () => {
    const page: { signals: Signal[] | Error } = { signals: [live] };
    const { telling, sutLogFile, seen, until } = follow(page);
    await telling.begin();
    page.signals = [
      { ...live, value: 0 },
      { metric: "retries_total", value: 2 },
    ];
    writeFileSync(sutLogFile, '{"level":40,"engine":"m/1","msg":"connection lost"}\n', { flag: "a" });
    await until("metric", 2);
    await until("log", 1);
    await telling.end();
    expect(seen("metric")).toMatchObject([
      { metric: "stream_connected", engine: "m/1", from: 1, to: 0 },
      { metric: "retries_total", from: 0, to: 2 },
    ]);
    expect(seen("log")).toMatchObject([{ engine: "m/1", level: "warn", message: "connection lost" }]);
  });

  it("takes it for a change that an engine's metrics vanish, but not that the page cannot be had", async () => {
    const page: { signals: Signal[] | Error } = { signals: [live, { ...live, engine: "m/2" }] };
    const { telling, seen, until } = follow(page);
    await telling.begin();
    page.signals = new Error("the system under test is down");
    await new Promise((resolve) => setImmediate(resolve));
    page.signals = [{ ...live, engine: "m/2" }];
    await until("metric", 1);
    await telling.end();
    expect(seen("metric")).toMatchObject([{ engine: "m/1", from: 1, to: 0 }]);
  });

  it("ends with a last look, also when it never began", async () => {
    const page: { signals: Signal[] | Error } = { signals: [live] };
    const { telling, seen } = follow(page);
    await telling.begin();
    page.signals = [{ ...live, value: 0 }];
    await telling.end();
    expect(seen("metric")).toHaveLength(1);
    await follow(page).telling.end();
  });
});
