import { describe, expect, it } from "vitest";
import { Rng } from "../base/rng.js";
import { type Comparison, compareBuilds } from "./compare.js";
import { comparisonLines } from "./describe.js";
import { METRICS, type Sample } from "./measure.js";

interface Machine {
  /** Time factor of the candidate: 1.2 = 20 % slower. */
  readonly slower?: number;
  /** Standard deviation of one run's logarithm. */
  readonly noise?: number;
  readonly seed?: number;
  readonly change?: (sample: Record<string, number>, side: "baseline" | "candidate", run: number) => void;
}

function session({ slower = 1, noise = 0.02, seed = 1, change = () => undefined }: Machine): Promise<Comparison> {
  const rng = new Rng(seed);
  let run = 0;
  const measure = async (side: "baseline" | "candidate"): Promise<Sample> => {
    const figures = METRICS.map(({ id, better, exact }) => {
      const spread = exact ? 1 : Math.exp(noise * (rng.float() + rng.float() + rng.float() - 1.5) * 2);
      const time = (side === "candidate" && !exact ? slower : 1) * spread;
      return [id, better === "lower" ? 10 * time : 10 / time] as const;
    });
    const sample = Object.fromEntries(figures);
    change(sample, side, run++);
    return sample;
  };
  return compareBuilds({ measure, seed: 1, progress: () => undefined });
}

const verdictOf = ({ metrics }: Comparison, id: string): string | undefined =>
  metrics.find(({ metric }) => metric === id)?.verdict;

describe("comparing two builds", () => {
  it("passes an equal build and stops one that is 20 % slower, 20 times out of 20", async () => {
    for (let seed = 1; seed <= 20; seed++) {
      expect((await session({ seed })).verdict).toBe("pass");
      expect((await session({ seed, slower: 1.2 })).verdict).toBe("fail");
    }
  });

  it("stops a build that stopped measuring something, and says what", async () => {
    const comparison = await session({ change: (sample, side) => side === "candidate" && delete sample["decode map"] });
    expect(comparison.verdict).toBe("fail");
    expect(verdictOf(comparison, "decode map")).toBe("missing");
    expect(comparisonLines(comparison).join("\n")).toContain("the candidate does not measure it any more");
  });

  it("lets a build pass that measures something new", async () => {
    const comparison = await session({ change: (sample, side) => side === "baseline" && delete sample["decode map"] });
    expect([comparison.verdict, verdictOf(comparison, "decode map")]).toEqual(["pass", "new"]);
  });

  it("decides nothing on a machine that finds differences between equal builds", async () => {
    const comparison = await session({ noise: 1 });
    expect(comparison.verdict).toBe("inconclusive");
    expect(comparisonLines(comparison).join("\n")).toContain("NOISY");
  });

  it("asks again whether the machine is quiet: what disturbed the first control may have passed", async () => {
    const disturbed = (runs: number): Promise<Comparison> =>
      session({
        noise: 0.01,
        change: (sample, _, run) => {
          if (run < runs && run % 3 === 0) sample["match 128 blocks p50"] = 15;
        },
      });
    const passing = await disturbed(20);
    expect([passing.verdict, passing.controlsMade]).toEqual(["pass", 2]);
    expect(comparisonLines(passing).join("\n")).toContain("quiet (at try 2)");
    const lasting = await disturbed(60);
    expect([lasting.verdict, lasting.controlsMade]).toEqual(["inconclusive", 3]);
  });

  it("does not stop a build over one bad stretch: a failure must show twice", async () => {
    // The control takes 20 runs, the first pairs another 20: only those see the candidate slow.
    const comparison = await session({
      noise: 0.01,
      change: (sample, side, run) => {
        if (side === "candidate" && run < 40) sample["match 128 blocks p50"] = 15;
      },
    });
    expect([comparison.verdict, verdictOf(comparison, "match 128 blocks p50")]).toEqual(["pass", "pass"]);
  });

  it("measures no further once a failure is confirmed, and says of what was open that it is", async () => {
    let runs = 0;
    const comparison = await session({
      noise: 0.01,
      change: (sample, side, run) => {
        runs = run + 1;
        if (side === "baseline") return;
        sample["decode map"] = 8;
        // Just at the limit: would take all 40 pairs.
        sample["ingest map"] = run % 4 === 1 ? 8.7 : 9.4;
      },
    });
    expect([comparison.verdict, verdictOf(comparison, "decode map")]).toEqual(["fail", "fail"]);
    expect(verdictOf(comparison, "ingest map")).toBe("inconclusive");
    // Control, pairs, and the pairs of the second look: ten each.
    expect(runs).toBe(60);
  });

  it("goes on with what is open when an alarm was false", async () => {
    let runs = 0;
    const comparison = await session({
      noise: 0.01,
      change: (sample, side, run) => {
        runs = run + 1;
        if (side === "baseline") return;
        if (run < 40) sample["match 128 blocks p50"] = 15;
        sample["ingest map"] = run < 40 && run % 4 === 1 ? 8.3 : 9.8;
      },
    });
    expect([comparison.verdict, verdictOf(comparison, "ingest map")]).toEqual(["pass", "pass"]);
    expect(runs).toBeGreaterThan(60);
  });

  it("stops a build that needs more memory by the median alone: that figure has no noise", async () => {
    const comparison = await session({
      change: (sample, side) => side === "candidate" && (sample["bytes per block"] = 12),
    });
    expect([comparison.verdict, verdictOf(comparison, "bytes per block")]).toEqual(["fail", "fail"]);
  });

  it("says when a build became suspiciously fast", async () => {
    const comparison = await session({ slower: 0.5 });
    expect(comparison.verdict).toBe("pass");
    expect(comparisonLines(comparison).join("\n")).toContain("is the work still done?");
  });

  it("refuses a build that gives a figure only sometimes", async () => {
    const sometimes = session({ change: (sample, _, run) => run === 30 && delete sample["ingest map"] });
    await expect(sometimes).rejects.toThrow(/ingest map is given by some runs of a build and not by others/);
  });
});
