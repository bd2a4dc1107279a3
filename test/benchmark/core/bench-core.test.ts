/** The core benchmark itself: its answers are right on other seeds too, and it notices when they are not. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { Fed, wrongAnswers } from "./measure.js";
import { ownWorkload } from "./own-workload.js";
import { Batches } from "./workload.js";

const program = fileURLToPath(new URL("../../../dist/bench-core.js", import.meta.url));

describe("core benchmark", () => {
  it.each(["main", "holes", "reannounce"] as const)(
    "finds no wrong answer on its own trace %s, for any seed",
    (kind) => {
      for (const seed of [1, 2]) {
        const workload = ownWorkload(kind, seed, true);
        for (const form of workload.forms.keys()) {
          const fed = new Fed(workload, form, seed);
          expect(fed.index.stats().blocks).toBe(workload.residentPairs);
          expect(wrongAnswers(workload, fed)).toBe(0);
        }
      }
    },
  );
  it("notices wrong answers, and batches that were not applied", () => {
    const workload = ownWorkload("main", 3, true);
    const swapped = { ...workload, duplicates: "set" as const };
    expect(wrongAnswers(swapped, new Fed(swapped, "map", 3))).toBeGreaterThan(0);
    const map = workload.forms.get("map") as Batches;
    const fewer = Array.from({ length: map.count - 1 }, (_, i) => ({ holder: map.holder(i), payload: map.payload(i) }));
    const short = { ...workload, forms: new Map([["map", new Batches(fewer)]]) };
    expect(() => new Fed(short, "map", 3)).toThrow(/applied \d+ of \d+ operations/);
  });
  it("refuses an unknown option and an unknown workload with one line and exit code 64", () => {
    for (const args of [["--quik"], ["--only", "own/nothing"], ["--seed", "x"]]) {
      const { status, stderr, stdout } = spawnSync(process.execPath, [program, ...args], { encoding: "utf8" });
      expect([status, stdout]).toEqual([64, ""]);
      expect(stderr).toMatch(/^KVP_E_USAGE: .*usage: bench:core/);
      expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    }
  });
});
