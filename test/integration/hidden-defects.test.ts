/**
 * Systems that look right and are not, in ways that no list of ours names: each is found, by a property that fits; the same
 * system without the defect is not accused of anything.
 */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../../src/base/package-root.js";
import type { JudgeReport } from "../../src/judge/verdict.js";
import { CliWorld } from "./cli-world.js";

const RUN_LIMIT_MS = 60_000;

const driver = (name: string): string =>
  `stdio:${process.execPath} ${join(packageRoot, "test/integration/drivers", name)}`;

/** Two engines with adapters; prompts of 62 to 66 blocks; one engine leaves and comes back. */
const SCENARIO = `id: cli/hidden
title: A little of everything
fleet:
  - { model: llama, replicas: 2, adapters: [sql] }
workload: { kind: shared-prefix, rate_per_s: 10, prefixes: 4, prefix_blocks: 8, adapter_share: 0.5 }
probes: { visibility_per_s: 8, invalidation_per_s: 6, cross_per_s: 10, adapter_share: 0.5, blocks: [62, 66], converge_prompts: 40 }
phases: { warmup: 300ms, steady: 5s }
steps:
  - { at: 1s, do: sut.remove, engine: engines/llama/1 }
  - { at: 2s, do: sut.add, engine: engines/llama/1 }
bounds: { staleness: 1s, recovery: 2s, departure: 800ms }
checks: [served]
seed: 5
`;

async function judged(
  world: CliWorld,
  name: string,
): Promise<{ code: number | null; failed: string[]; headline: string }> {
  world.write("s.yaml", SCENARIO);
  const { code } = await world.run(["run", "s.yaml", "--quiet", "--sut", driver(name)]);
  const { properties } = world.json<JudgeReport>(world.latest("cli/hidden"), "properties.json");
  // A bound of time may be excused where the machine had no CPU for it; that it was violated is seen all the same.
  const failed = properties.filter(({ violationCount }) => violationCount > 0).map(({ id }) => id);
  return { code, failed, headline: world.summary("cli/hidden").headline };
}

describe("a driver with a defect that is on no list", { timeout: RUN_LIMIT_MS }, () => {
  it.each([
    ["short-at-64.mjs", ["S2", "C1"]],
    ["old-snapshot.mjs", ["S1", "S2"]],
    ["tired-of-adapters.mjs", ["I1"]],
    ["swapped-after-rejoin.mjs", ["S0", "S2"]],
  ])("%s is found, by %j", async (name, properties) => {
    const world = new CliWorld();
    try {
      const { code, failed, headline } = await judged(world, name);
      expect(code, headline).toBe(1);
      expect(failed).toEqual(expect.arrayContaining(properties));
    } finally {
      world.close();
    }
  });
});

describe("a driver without a defect", { timeout: RUN_LIMIT_MS }, () => {
  it("is accused of nothing, and its routing is judged although the requests do not go through it", async (context) => {
    const world = new CliWorld(context);
    const { code, headline } = await judged(world, "right.mjs");
    expect(code, headline).toBe(0);
    const { properties } = world.json<JudgeReport>(world.latest("cli/hidden"), "properties.json");
    const verdictOf = (id: string) => properties.find((property) => property.id === id)?.verdict;
    expect(["R1", "served", "I1", "B1", "M1"].map(verdictOf)).toEqual([
      "pass",
      "pass",
      "pass",
      "pass",
      "not-applicable",
    ]);
  });

  it("passes the happy path", async (context) => {
    const world = new CliWorld(context);
    const file = join(packageRoot, "test/e2e/happy-path.yaml");
    const finished = await world.run(["run", file, "--sample", "0.3", "--quiet", "--sut", driver("right.mjs")]);
    expect(finished.code, finished.stdout).toBe(0);
  });
});
