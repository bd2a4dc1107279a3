import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { LedgerRecord } from "../../base/ledger.js";
import { aHistory } from "../testing/a-history.js";
import { mergeHistory } from "./merge-history.js";
import { mergeSorted, smooth } from "./merge-sorted.js";
import type { HistoryRecord } from "./records.js";

let dir: string;
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), "kvproof-merge-"))));
afterEach(() => rmSync(dir, { recursive: true }));

const run = aHistory().records[0]!;
const mark = (at: number): HistoryRecord => ({ k: "mark", at, name: `at ${at}` });
const batch = (engine: string, seq: number, at: number): LedgerRecord => ({
  engine,
  epoch: 1,
  rank: 0,
  seq,
  at_ns: at,
  changes: [],
});

function file(name: string, records: readonly object[], torn = ""): string {
  const path = join(dir, name);
  writeFileSync(path, records.map((r) => `${JSON.stringify(r)}\n`).join("") + torn);
  return path;
}

async function merged(records: string, ledgers: string[]) {
  const to = join(dir, "history.ndjson");
  const result = await mergeHistory({ records, ledgers, to });
  const found = readFileSync(to, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as HistoryRecord);
  return { result, found };
}

describe("mergeHistory", () => {
  it("brings records and ledgers into one order of time, the ledger first at equal times, the run first of all", async () => {
    const records = file("records", [{ ...run, at: 50 }, mark(10), mark(20), mark(60)]);
    const { found, result } = await merged(records, [
      file("a", [batch("a", 0, 15), batch("a", 1, 20)]),
      file("b", [batch("b", 0, 5)]),
    ]);
    expect(found.map((r) => [r.k, r.at])).toEqual([
      ["run", 50],
      ["ledger", 5],
      ["mark", 10],
      ["ledger", 15],
      ["ledger", 20],
      ["mark", 20],
      ["mark", 60],
    ]);
    expect(found[3]).toEqual({ k: "ledger", at: 15, ...batch("a", 0, 15) });
    expect(result).toEqual({ records: 7, tornLedgers: [] });
  });

  it("marks the batch that was burnt on the wire, and no other life's or rank's of that number", async () => {
    const wire = { k: "wire", at: 12, engine: "a", epoch: 1, rank: 0, seq: 1, what: "burnt" };
    const others = [
      batch("a", 0, 9),
      { ...batch("a", 1, 10), rank: 1 },
      batch("a", 1, 11),
      { ...batch("a", 1, 20), epoch: 2 },
    ];
    const { found } = await merged(file("records", [run, wire]), [file("a", others), file("b", [batch("b", 1, 10)])]);
    const marked = found.filter((r) => r.k === "ledger" && r.wire !== undefined);
    expect(marked).toEqual([{ k: "ledger", at: 11, wire: "burnt", ...batch("a", 1, 11) }]);
  });

  it("leaves out the last line that a killed engine did not finish, and says so", async () => {
    const killed = file("a", [batch("a", 0, 15)], JSON.stringify(batch("a", 1, 20)).slice(0, 30));
    const { found, result } = await merged(file("records", [run]), [killed, file("empty", [])]);
    expect(found.map((r) => r.k)).toEqual(["run", "ledger"]);
    expect(result.tornLedgers).toEqual([killed]);
  });

  it("keeps a last line that is whole but for its newline", async () => {
    const { found } = await merged(file("records", [run]), [file("a", [], JSON.stringify(batch("a", 0, 15)))]);
    expect(found).toHaveLength(2);
  });

  it("refuses damage anywhere else, with file and line", async () => {
    const records = file("records", [run]);
    await expect(
      merged(records, [file("a", [batch("a", 0, 1)], `{"engine":\n${JSON.stringify(batch("a", 1, 2))}\n`)]),
    ).rejects.toThrow(/a line 2: /);
    await expect(merged(records, [file("b", [{ engine: "b" }])])).rejects.toThrow(/b line 1: not a ledger record/);
    await expect(merged(file("headless", [mark(1)]), [])).rejects.toThrow(
      /headless line 1: the first record is not the run record/,
    );
    await expect(merged(records, [join(dir, "nowhere")])).rejects.toMatchObject({ code: "KVP_E_FILE_NOT_FOUND" });
  });
});

async function* chunks<T>(items: readonly T[], size: number): AsyncGenerator<T[]> {
  for (let i = 0; i < items.length; i += size) yield await Promise.resolve(items.slice(i, i + size));
}

describe("mergeSorted", () => {
  it("gives the same as sorting everything, stable over the order of the sources", async () => {
    const sources = fc.array(fc.array(fc.nat(50), { maxLength: 40 }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(sources, fc.integer({ min: 1, max: 7 }), async (times, size) => {
        const sorted = times.map((list, source) => list.toSorted((a, b) => a - b).map((at) => ({ at, source })));
        const found: { at: number; source: number }[] = [];
        for await (const some of mergeSorted(sorted.map((list) => chunks(list, size)))) found.push(...some);
        expect(found).toEqual(sorted.flat().sort((a, b) => a.at - b.at || a.source - b.source));
      }),
    );
  });
});

describe("smooth", () => {
  it("sorts what is out of order by less than its window", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(9), { maxLength: 200 }),
        fc.integer({ min: 1, max: 30 }),
        async (jitter, size) => {
          const items = jitter.map((late, i) => ({ at: i * 2 - late }));
          const found: { at: number }[] = [];
          for await (const some of smooth(chunks(items, size), 10)) found.push(...some);
          expect(found).toEqual(items.toSorted((a, b) => a.at - b.at));
        },
      ),
    );
  });
});
