import { appendFileSync, mkdtempSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LedgerTail } from "./ledger-tail.js";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kvproof-ledger-"));
  file = join(folder, "ledger.ndjson");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const line = (seq: number, at = 1): string =>
  `${JSON.stringify({ engine: "a", epoch: 1, rank: 0, seq, at_ns: at, changes: [] })}\n`;
const sequences = (tail: LedgerTail): number[] => [...tail.read()].map(({ seq }) => seq);

describe("following a ledger", () => {
  it("yields each whole record once", () => {
    const tail = new LedgerTail(file);
    expect(sequences(tail)).toEqual([]);
    appendFileSync(file, line(0) + line(1) + line(2).slice(0, 10));
    expect(sequences(tail)).toEqual([0, 1]);
    appendFileSync(file, line(2).slice(10));
    expect(sequences(tail)).toEqual([2]);
    expect(sequences(tail)).toEqual([]);
  });

  it("is not misled by half a record that a full disk made its engine take back", () => {
    const tail = new LedgerTail(file);
    appendFileSync(file, line(0));
    const whole = line(0).length;
    appendFileSync(file, line(1).slice(0, 20));
    expect(sequences(tail)).toEqual([0]);
    truncateSync(file, whole);
    appendFileSync(file, line(1, 123_456));
    expect(sequences(tail)).toEqual([1]);
  });

  it("reads records of any length", () => {
    const long = `${JSON.stringify({ engine: "a", epoch: 1, rank: 0, seq: 7, at_ns: 1, changes: [], pad: "x".repeat(3_000_000) })}\n`;
    appendFileSync(file, long);
    expect(sequences(new LedgerTail(file))).toEqual([7]);
  });
});
