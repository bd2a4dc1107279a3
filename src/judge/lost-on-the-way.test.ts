/** Batches that the relay burnt: engines write them down as sent, the relay says that nobody got them, and the judge believes both. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { mergeHistory } from "./history/merge-history.js";
import type { HistoryRecord } from "./history/records.js";
import { judgeHistory } from "./judge.js";
import { aHistory, type HistoryBuilder } from "./testing/a-history.js";

let dir: string;
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), "kvproof-wire-"))));
afterEach(() => rmSync(dir, { recursive: true }));

function file(name: string, records: readonly object[]): string {
  const path = join(dir, name);
  writeFileSync(path, records.map((record) => `${JSON.stringify(record)}\n`).join(""));
  return path;
}

/** As a run leaves it: the engine's ledger in one file, everything else with what the relay said in another. */
async function verdicts(history: HistoryBuilder, burnt: readonly number[], ...ids: string[]): Promise<string[]> {
  const all = history.finished();
  const ledger = all.flatMap((record) => {
    if (record.k !== "ledger") return [];
    const { k: _, at: __, ...entry } = record;
    return [entry];
  });
  const records: HistoryRecord[] = all.flatMap((record) => {
    if (record.k !== "ledger") return [record];
    const { at, engine, epoch, rank, seq } = record;
    return burnt.includes(seq) ? [{ k: "wire", at, engine, epoch, rank, seq, what: "burnt" }] : [];
  });
  const to = join(dir, "history.ndjson");
  await mergeHistory({ records: file("records", records), ledgers: [file("ledger", ledger)], to });
  const { properties } = await judgeHistory(to);
  return ids.map((id) => properties.find((property) => property.id === id)?.verdict ?? "missing");
}

/** Batch 1 stores what is asked for later; the router never has it. */
const withoutTheStore = () =>
  aHistory()
    .engine("a")
    .prompt("p", 1)
    .prompt("q", 2)
    .stores("a", "p")
    .stores("a", "q")
    .stores("a", "p")
    .wait(3000)
    .asks("p", { a: 1 })
    .asks("q", {});

describe("a batch that the relay burnt", () => {
  it("need not be known by anybody: green", async () => {
    expect(await verdicts(withoutTheStore(), [1], "S0", "S2")).not.toContain("fail");
  });

  it("must be known when the relay let it pass: red for the same answers", async () => {
    expect(await verdicts(withoutTheStore(), [], "S2")).toEqual(["fail"]);
    expect(await verdicts(withoutTheStore(), [0], "S2")).toEqual(["fail"]);
  });

  it("must be owned up to once a later number came: red for a router that calls itself live and lacks nothing", async () => {
    const silent = withoutTheStore().stream("a", { lastSeq: 2, appliedBatches: 2 });
    expect(await verdicts(silent, [1], "M2")).toEqual(["fail"]);
    const honest = withoutTheStore().stream("a", {
      lastSeq: 2,
      appliedBatches: 2,
      gaps: 1,
      missingBatches: 1,
      purges: 1,
    });
    expect(await verdicts(honest, [1], "M2")).toEqual(["pass"]);
  });

  it("excuses no claim of what was in it and nobody could have: red", async () => {
    const invented = aHistory().engine("a").prompt("p", 1).prompt("q", 2).stores("a", "p").wait(50).asks("q", { a: 2 });
    expect(await verdicts(invented.stores("a", "q"), [1], "S0")).toEqual(["fail"]);
  });
});
