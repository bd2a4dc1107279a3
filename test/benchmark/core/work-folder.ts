/** Where traces and peers' builds are kept between runs: a cache outside the checkout, safe to delete at any time. */
import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** Names another folder for it. */
export const WORK_VARIABLE = "KVPROOF_BENCH_WORK";

export function workFolder(env: NodeJS.ProcessEnv = process.env): string {
  const chosen = env[WORK_VARIABLE];
  if (chosen !== undefined && chosen !== "") return resolve(chosen);
  const cache =
    process.platform === "darwin"
      ? join(homedir(), "Library", "Caches")
      : (env.XDG_CACHE_HOME ?? join(homedir(), ".cache"));
  return join(cache, "kvproof", "bench");
}
