/**
 * A real vLLM in a double's place: a whole run, judged. It takes minutes and gigabytes, so that it runs only where somebody has
 * named a Python that has vLLM.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { JudgeReport } from "../../src/judge/verdict.js";
import { CliWorld, expectNothingRuns } from "./cli-world.js";

const scenarios = fileURLToPath(new URL("../e2e", import.meta.url));
const RUN_LIMIT_MS = 780_000;
const python = process.env.KVPROOF_VLLM_PYTHON ?? "";

describe.skipIf(python === "")("a real vLLM (needs KVPROOF_VLLM_PYTHON)", () => {
  it(
    "serves the happy path: every claim of the gateway is what engines held, and what they say that they took",
    async (context) => {
      const world = new CliWorld(context);
      const env = { KVPROOF_VLLM_PYTHON: python };
      const finished = await world.run(["run", `${scenarios}/happy-path.yaml`, "--engine", "vllm"], {
        env,
        limitMs: RUN_LIMIT_MS,
      });
      expect(finished, finished.stdout).toMatchObject({ code: 0 });
      const file = world.path("runs", "e2e", "happy-path", "latest", "properties.json");
      const { properties } = JSON.parse(readFileSync(file, "utf8")) as JudgeReport;
      const oracle = properties.find(({ id }) => id === "cached-tokens-agree");
      expect(oracle).toMatchObject({ verdict: "pass", violationCount: 0 });
      expect(oracle?.opportunities).toBeGreaterThan(0);
      expectNothingRuns(world);
    },
    RUN_LIMIT_MS,
  );
});
