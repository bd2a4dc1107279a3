import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { LedgerRecord } from "../base/ledger.js";
import { LedgerFile } from "./ledger-writer.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kvproof-ledger-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function record(epoch: number, seq: number): LedgerRecord {
  return { engine: "m/1", epoch, rank: 0, seq, at_ns: seq, changes: [{ op: "clear" }] };
}

describe("ledger file", () => {
  it("keeps the lives before it, so that the judge sees all epochs of an engine", () => {
    const path = join(folder, "m-1.ndjson");
    for (const epoch of [1, 2]) {
      const ledger = new LedgerFile(path);
      ledger.append(record(epoch, 0));
      ledger.append(record(epoch, 1));
      expect(ledger.size).toBe(readFileSync(path).length);
      ledger.close();
    }
    const lines = readFileSync(path, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as LedgerRecord);
    expect(lines.map(({ epoch, seq }) => [epoch, seq])).toEqual([
      [1, 0],
      [1, 1],
      [2, 0],
      [2, 1],
    ]);
  });

  it("says which ledger cannot be written", () => {
    expect(() => new LedgerFile(join(folder, "no", "such", "folder"))).toThrow(
      /cannot write the ledger .*no\/such\/folder/,
    );
  });

  it("refuses a record that a full disk would cut in half", () => {
    const ledger = new LedgerFile("/dev/full");
    expect(() => ledger.append(record(1, 0))).toThrow(/ENOSPC/);
    expect(ledger.size).toBe(0);
  });
});
