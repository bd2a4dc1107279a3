/** Runs a mutant's gateway as a process, in a short sample of the scenario that must find it, under different seeds. */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asError } from "../../src/base/errors.js";
import { cliEntry, packageRoot } from "../../src/base/package-root.js";
import type { JudgeReport } from "../../src/judge/verdict.js";
import { buildMutant } from "./build-mutant.js";
import { type Hunt, isFound, type Sighting } from "./hunt.js";
import type { FiledDefect } from "./load-defects.js";

const SAMPLE = "0.2";
const MAX_SEEDS = 4;
const RUN_LIMIT_MS = 120_000;
const OUTPUT_KEPT = 2000;

export async function huntOnLab(defect: FiledDefect, signal?: AbortSignal): Promise<Hunt> {
  const hunt = { defect, sightings: [] as Sighting[], seedsTried: 0, failed: [] as string[], trouble: null };
  const out = mkdtempSync(join(tmpdir(), "kvproof-mutants-"));
  let trouble: string | null = null;
  try {
    const gateway = await buildMutant(defect, "kvproof");
    for (let seed = 1; seed <= MAX_SEEDS && !isFound(hunt); seed++) {
      if (signal?.aborted) break;
      const runs = join(out, String(seed));
      const ended = await runScenario(defect, gateway, seed, runs, signal);
      hunt.seedsTried++;
      const violations = violationsIn(runs);
      if (violations === null) trouble = `seed ${seed} ended ${ended.exitCode} without a verdict: ${ended.output}`;
      const failed = Object.keys(violations ?? {});
      for (const id of failed) if (!hunt.failed.includes(id)) hunt.failed.push(id);
      const named = defect.foundBy.find((id) => failed.includes(id));
      if (named) hunt.sightings.push({ seed, anomaly: null, failed, proof: `${named}: ${violations?.[named]}` });
    }
  } catch (thrown) {
    trouble = asError(thrown).message;
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
  if (signal?.aborted === true) trouble = "interrupted";
  return { ...hunt, trouble: isFound(hunt) ? null : trouble };
}

function runScenario(
  defect: FiledDefect,
  gateway: string,
  seed: number,
  out: string,
  signal?: AbortSignal,
): Promise<{ readonly exitCode: number | null; readonly output: string }> {
  const args = [cliEntry(), "run", `${defect.scenario}.yaml`, "--sample", SAMPLE, "--seed", String(seed), "--quiet"];
  args.push("--out", out, "--gateway-command", `${process.execPath} ${gateway} gateway`);
  const child = spawn(process.execPath, args, { cwd: packageRoot, stdio: ["ignore", "pipe", "pipe"] });
  // An interrupt ends the run in order; the run's own children go with it.
  const end = (): void => void child.kill("SIGINT");
  const timer = setTimeout(() => void child.kill("SIGTERM"), RUN_LIMIT_MS);
  signal?.addEventListener("abort", end, { once: true });
  let output = "";
  const keep = (chunk: Buffer): void => void (output = (output + chunk.toString()).slice(-OUTPUT_KEPT));
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (exitCode) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve({ exitCode, output });
    });
  });
}

/** First proof of each property that failed; null = the run has no verdict. */
function violationsIn(out: string): Record<string, string> | null {
  const files = readdirSync(out, { recursive: true, encoding: "utf8" });
  const file = files.find((name) => name.endsWith("properties.json"));
  if (file === undefined) return null;
  const { properties } = JSON.parse(readFileSync(join(out, file), "utf8")) as JudgeReport;
  const failed = properties.filter(({ verdict }) => verdict === "fail");
  return Object.fromEntries(failed.map(({ id, violations }) => [id, violations[0]?.summary ?? ""]));
}
