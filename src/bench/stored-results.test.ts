import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { XMLParser } from "fast-xml-parser";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bars } from "../base/bars.js";
import { trendLines } from "./describe-trend.js";
import { fingerprintOf, readResults, resultsFolder, type StoredResult, storeResult } from "./stored-results.js";
import { trendPage, trendSvg } from "./trend-page.js";
import { trendsOf } from "./trend.js";

const machine = { os: "linux 6.1.0", arch: "x64", cpu: "EPYC", cores: 2, memoryGiB: 23.4, node: "v20.20.2" };

function aResult(second: number, value: number, better: "lower" | "higher" = "lower"): StoredResult {
  const startedAt = `2026-11-23T10:00:${String(second).padStart(2, "0")}.000Z`;
  const figure = { name: "match <625>", unit: "us", better, value, work: 10 };
  return { benchmark: "core", startedAt, commit: `c${second}`, machine, figures: [figure] };
}

describe("stored results", () => {
  let root = "";
  beforeEach(() => void (root = mkdtempSync(join(tmpdir(), "kvproof-results-"))));
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it("stay with the machine that measured them, whatever its kernel was updated to", () => {
    expect(fingerprintOf({ ...machine, os: "linux 6.9.1", node: "v20.99.0" })).toBe(fingerprintOf(machine));
    for (const other of [{ cores: 4 }, { cpu: "Xeon" }, { memoryGiB: 48 }, { node: "v22.1.0" }, { arch: "arm64" }])
      expect(fingerprintOf({ ...machine, ...other })).not.toBe(fingerprintOf(machine));
    storeResult(root, aResult(1, 5));
    expect(readResults(root, { ...machine, cores: 4 }).results).toEqual([]);
  });
  it("are read by time, and a damaged file costs itself alone", () => {
    for (const second of [2, 1, 3]) storeResult(root, aResult(second, second));
    const broken = join(resultsFolder(root, machine), "broken.json");
    writeFileSync(broken, "{");
    const { results, unreadable } = readResults(root, machine);
    expect(results).toEqual([1, 2, 3].map((second) => aResult(second, second)));
    expect(unreadable).toEqual([broken]);
  });
});

describe("trends", () => {
  it("warn of what became worse, in the figure's own direction, once there is something to compare with", () => {
    const trendOf = (values: number[], better: "lower" | "higher") =>
      trendsOf(values.map((value, i) => aResult(i, value, better)))[0];
    expect(trendOf([10, 10, 20], "lower")).toMatchObject({ usual: null, worse: null, warning: false });
    expect(trendOf([10, 11, 10, 12], "lower")).toMatchObject({ usual: 10, warning: true });
    expect(trendOf([10, 11, 10, 10.9], "lower")).toMatchObject({ usual: 10, warning: false });
    expect(trendOf([10, 10, 10, 8], "higher")).toMatchObject({ worse: 0.25, warning: true });
    expect(trendOf([10, 10, 10, 12], "higher")?.warning).toBe(false);
  });
  it("read as a line with the commit that began it, and as a page of well-formed charts", () => {
    const trends = trendsOf([10, 10, 10, 20].map((value, i) => aResult(i, value)));
    expect(trendLines(trends)).toEqual([
      "match <625>  ▁▁▁█  20.0 us (lower is better), usual 10.0, +100.0 % worse",
      "             ^ worse than usual since c3: a warning, not a verdict",
    ]);
    expect(bars([1, 1])).toBe("▄▄");
    const svg = trendSvg(trends[0] as (typeof trends)[number]);
    const parsed = new XMLParser({ ignoreAttributes: false }).parse(svg) as { svg: { circle: unknown[] } };
    expect(parsed.svg.circle).toHaveLength(4);
    expect(trendPage(trends, "a & b")).toContain("a &amp; b");
  });
});
