/** All that the lab does with real engines, with a stand-in for them: when it fails, runs against a real vLLM are wrong or impossible. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { cliEntry } from "../../src/base/package-root.js";
import type { JudgeReport } from "../../src/judge/verdict.js";
import { CliWorld, expectNothingRuns } from "./cli-world.js";

const standIn = fileURLToPath(new URL("drivers/vllm-stand-in.mjs", import.meta.url));
const RUN_LIMIT_MS = 150_000;

const scenario = `
id: e2e/real
title: Real engines, restarted, reset, with adapters
fleet:
  - { model: llama, replicas: 2, adapters: [sql] }
workload: { kind: shared-prefix, rate_per_s: 40, prefixes: 4, prefix_blocks: 6, suffix_blocks: [0, 3], adapter_share: 0.4 }
phases: { warmup: 500ms, steady: 6s }
steps:
  - { at: 500ms, do: engine.restart, engine: engines/llama/1 }
  - { at: 1s, do: cache.reset, engine: engines/llama/2 }
  - { at: 1500ms, do: adapter.reload, engine: engines/*, adapter: sql, path: /adapters/sql/v2 }
checks: [served]
expect: { opportunities: { S0: 100, S1: 100, S2: 100, C1: 30, M1: 30, L1: 30, L2: 1 } }
`;

describe("a run with real engines", () => {
  it(
    "is judged by what the taps heard, and every answer's cached_tokens is compared",
    async (context) => {
      const world = new CliWorld(context);
      world.write("real.yaml", scenario);
      world.write("options.yaml", `command: [${process.execPath}, ${standIn}, ${cliEntry()}]\n`);
      const finished = await world.run(["run", "real.yaml", "--engine", "vllm", "--engine-options", "options.yaml"], {
        limitMs: RUN_LIMIT_MS,
      });
      expect(finished, finished.stdout + finished.stderr).toMatchObject({ code: 0 });
      const file = world.path("runs", "e2e", "real", "latest", "properties.json");
      const { properties, counts } = JSON.parse(readFileSync(file, "utf8")) as JudgeReport;
      expect(counts.batches).toBeGreaterThan(20);
      const oracle = properties.find(({ id }) => id === "cached-tokens-agree");
      expect(oracle).toMatchObject({ verdict: "pass", violationCount: 0 });
      expect(Number(oracle?.measured?.agreed)).toBeGreaterThan(0);
      expectNothingRuns(world);
    },
    RUN_LIMIT_MS,
  );
});
