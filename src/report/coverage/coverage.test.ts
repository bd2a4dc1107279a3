/** Coverage that slips away must be seen when it happens, and nobody else must pay for it. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { coverageFall } from "./coverage-fall.js";
import { appendCoverage, readCoverage } from "./coverage-history.js";
import { recordCoverage } from "./record-coverage.js";
import { aMeasurement } from "./testing/a-measurement.js";

let dir = "";
let history = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "kvproof-coverage-"));
  history = join(dir, "runs", "coverage-history.ndjson");
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const measured = (total: number, covered: number) => {
  const counts = { total, covered, skipped: 0, pct: 0 };
  return { lines: counts, branches: counts, functions: counts, statements: counts, branchesTrue: counts };
};

/** As the test runner writes it: `covered` of 1000 lines, all in two rooms. */
function record(covered: number, more: { accept?: boolean; dirty?: boolean; commit?: string } = {}) {
  const summary = join(dir, "coverage-summary.json");
  const files = {
    total: measured(1000, covered),
    [join(dir, "src/base/a.ts")]: measured(100, 100),
    [join(dir, "src/judge/properties/b.ts")]: measured(900, covered - 100),
  };
  writeFileSync(summary, JSON.stringify(files));
  const { accept = false, dirty = false, commit = "c" } = more;
  return recordCoverage({ summary, history, root: dir, at: new Date(0), commit, dirty, accept });
}

describe("recording coverage", () => {
  it("appends a line with percent in total and by room, and says what changed", () => {
    expect(record(900)).toMatchObject({ exitCode: 0 });
    const { lines, exitCode } = record(905);
    expect(exitCode).toBe(0);
    expect(lines[0]).toContain("lines 90.5 % (+0.50)");
    const last = readCoverage(history).entries.at(-1);
    expect(last).toMatchObject({ commit: "c", dirty: false, total: { lines: 90.5 } });
    expect(last?.rooms).toMatchObject({ base: { lines: 100 }, judge: { lines: 89.44 } });
  });

  it("fails on a fall of more than a point, again and again, until it is mended or accepted", () => {
    record(900);
    expect(record(890).exitCode).toBe(0);
    expect(record(889)).toMatchObject({ exitCode: 1 });
    expect(record(889).lines.join("\n")).toMatch(/fell by 1\.10 points below 90 % \(c, .*--accept/);
    expect(record(889, { accept: true })).toMatchObject({ exitCode: 0 });
    expect(record(885).exitCode).toBe(0);
  });

  it("refuses a summary that is missing, is none, or counts nothing", () => {
    const facts = { history, root: dir, at: new Date(0), commit: null, dirty: false, accept: false };
    const summary = join(dir, "coverage-summary.json");
    expect(() => recordCoverage({ ...facts, summary })).toThrow(/ENOENT/);
    writeFileSync(summary, '{"total":7}');
    expect(() => recordCoverage({ ...facts, summary })).toThrow(/not a coverage summary/);
    writeFileSync(summary, JSON.stringify({ total: measured(0, 0) }));
    expect(() => recordCoverage({ ...facts, summary })).toThrow(/counts no lines/);
    expect(readCoverage(history).entries).toEqual([]);
  });
});

describe("the coverage that counts as the measure", () => {
  const at = (lines: number, more = {}) => aMeasurement({ lines, ...more });

  it("is the best of the last ten, so that a slide in small steps ends, too", () => {
    expect(coverageFall([at(90), at(89.5), at(89.2)], 88.9)).toMatchObject({ tooMuch: true });
    const long = [at(95), ...Array.from({ length: 10 }, () => at(90))];
    expect(coverageFall(long, 89.5)).toMatchObject({ reference: { total: { lines: 90 } }, tooMuch: false });
  });

  it("is never that of uncommitted work or of a fall that nobody accepted", () => {
    expect(coverageFall([at(90), at(99, { dirty: true }), at(50, { fell: true })], 89.5)).toMatchObject({
      reference: { total: { lines: 90 } },
    });
    expect(coverageFall([at(99, { dirty: true })], 10)).toBeNull();
    expect(coverageFall([], 10)).toBeNull();
  });
});

describe("the file of the coverage history", () => {
  it("survives a line that was cut off, and keeps it", () => {
    appendCoverage(history, aMeasurement({ lines: 90 }));
    appendFileSync(history, '{"schemaVersion":1,"at":"2026');
    appendCoverage(history, aMeasurement({ lines: 91 }));
    appendFileSync(history, `${JSON.stringify({ ...aMeasurement({ lines: 92 }), schemaVersion: 2 })}\n`);
    const { entries, damaged } = readCoverage(history);
    expect([entries.map(({ total }) => total.lines), damaged]).toEqual([[90, 91], 2]);
    expect(record(905).lines.join("\n")).toContain("2 lines are damaged");
  });

  it("keeps the newest 500 lines", () => {
    const line = JSON.stringify(aMeasurement({ lines: 80 }));
    appendCoverage(history, aMeasurement({ lines: 70 }));
    appendFileSync(history, `${line}\n`.repeat(499));
    appendCoverage(history, aMeasurement({ lines: 90 }));
    const { entries } = readCoverage(history);
    expect([entries.length, entries[0]?.total.lines, entries.at(-1)?.total.lines]).toEqual([500, 80, 90]);
    expect(readFileSync(history, "utf8").endsWith("\n")).toBe(true);
  });
});
