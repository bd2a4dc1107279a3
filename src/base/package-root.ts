/** Where kvproof's own files are, from source (tests) and from the bundle alike. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { InternalError, UnavailableError } from "./errors.js";

function findRoot(): string {
  for (let dir = dirname(fileURLToPath(import.meta.url)); ; dir = dirname(dir)) {
    if (existsSync(join(dir, "package.json"))) return dir;
    if (dir === dirname(dir)) throw new InternalError("package.json of kvproof not found");
  }
}

export const packageRoot = findRoot();
export const packageVersion: string = (
  JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")) as { version: string }
).version;

/** The built command line, for starting engines and gateways as processes: `[process.execPath, ...cliCommand()]`. */
export function cliEntry(): string {
  const entry = join(packageRoot, "dist", "kvproof.js");
  if (!existsSync(entry)) throw new UnavailableError("KVP_E_NOT_BUILT", `${entry} does not exist`);
  return entry;
}
