/** Programs of the system's administration (mount, ip, nft): short, bounded, and clear when they refuse. */
import { spawnSync } from "node:child_process";
import { UnavailableError } from "../../../base/errors.js";
import { findProgram } from "./find-program.js";

const TIMEOUT_MS = 5_000;

/** Standard output. Throws UnavailableError KVP_E_HOST with what the program said. */
export function runProgram(program: string, args: readonly string[], input = ""): string {
  const path = findProgram(program) ?? program;
  const { status, stdout, stderr, error } = spawnSync(path, args, { input, timeout: TIMEOUT_MS, encoding: "utf8" });
  if (status === 0) return stdout;
  const said = error?.message ?? (stderr.trim() || `exit code ${status}`);
  throw new UnavailableError("KVP_E_HOST", `${program} ${args.join(" ")} failed: ${said}`);
}
