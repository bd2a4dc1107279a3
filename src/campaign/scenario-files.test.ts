import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { packageRoot } from "../base/package-root.js";
import { readScenarios } from "./scenario-files.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kvproof-files-"));
  mkdirSync(join(folder, "deep"));
  for (const [name, id] of [
    ["b.yaml", "b"],
    ["a.yaml", "a"],
    ["deep/c.yml", "deep/c"],
  ] as const) {
    writeFileSync(join(folder, name), `id: ${id}\ntitle: T\nfleet: [{ model: m }]\n`);
  }
  writeFileSync(join(folder, "README.md"), "no scenario");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const ids = (...args: Parameters<typeof readScenarios>): string[] =>
  readScenarios(...args).map(({ scenario }) => scenario.id);

describe("the scenarios of a folder", () => {
  it("come in the order of their paths, those of folders below too", () => {
    expect(ids([folder])).toEqual(["a", "b", "deep/c"]);
  });

  it("can be chosen by id and cut into shares that leave none out", () => {
    expect(ids([folder], { grep: /^deep/ })).toEqual(["deep/c"]);
    const shares = [1, 2].map((index) => ids([folder], { shard: { index, of: 2 } }));
    expect(shares).toEqual([["a", "deep/c"], ["b"]]);
  });

  it.each(["e2e", "cluster", "chaos/experiments", "benchmark"])("that we ship in test/%s can all be read", (name) => {
    expect(ids([join(packageRoot, "test", name)]).length).toBeGreaterThan(0);
  });

  it("are refused when two claim one id, with both places", () => {
    writeFileSync(join(folder, "z.yaml"), "id: a\ntitle: T\nfleet: [{ model: m }]\n");
    expect(() => ids([folder])).toThrow(/z\.yaml:1:5 the id a is also that of .*a\.yaml:1:5/);
  });
});
