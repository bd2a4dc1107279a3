/** What tells a flaky scenario from a changed one: the same program that does the same work again must come to the same verdict. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../base/package-root.js";
import type { Plan } from "./plan/plan.js";

const DIGITS = 12;
/** As this process was started: `dist/` may be built anew while it runs. */
const startedBuild = buildDigest();

/** Null when what runs can change unseen: another system under test, or no build to name. */
export function runIdentity(plan: Plan, build = startedBuild): string | null {
  const { file: _, ...work } = plan;
  if (build === null || work.gateway.launch !== undefined || work.gateway.command !== undefined) return null;
  return createHash("sha256").update(build).update(JSON.stringify(work)).digest("hex").slice(0, DIGITS);
}

/** The entry imports its chunks by names with hashes of their content, so it stands for all of them. */
function buildDigest(): string | null {
  const entry = join(packageRoot, "dist", "kvproof.js");
  return existsSync(entry) ? createHash("sha256").update(readFileSync(entry)).digest("hex") : null;
}
