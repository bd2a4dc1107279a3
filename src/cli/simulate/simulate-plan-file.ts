/** One plan from a file: the shrunk form of a failing seed, or one written by hand. */
import { ExitCode } from "../../base/errors.js";
import { loadHashes } from "../../engine/cache/hash-functions.js";
import { judgedLines } from "../../report/console/summary.js";
import { judgePlan, resultOf } from "../../simulate/campaign/run-seed.js";
import { readPlan } from "../../simulate/plan/read-plan.js";
import type { SimulateFlags } from "../commands/simulate.js";

export async function simulatePlanFile(
  path: string,
  { json, digest }: Pick<SimulateFlags, "json" | "digest">,
): Promise<ExitCode> {
  const judged = await judgePlan(readPlan(path), await loadHashes("sha256_cbor"), true);
  const { report } = judged;
  const result = resultOf(judged, digest);
  const lines = [
    ...judgedLines(report),
    ...(result.digest === null ? [] : [`Digest of the history: ${result.digest}`]),
  ];
  process.stdout.write(json ? `${JSON.stringify(result)}\n` : `${lines.join("\n")}\n`);
  if (result.violations.length > 0) return ExitCode.violated;
  const exercised = Object.values(result.opportunities).some((count) => count > 0);
  return result.doubts.length > 0 || !exercised ? ExitCode.inconclusive : ExitCode.pass;
}
