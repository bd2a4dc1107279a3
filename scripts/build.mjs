/** Bundles the command line into dist/, one chunk per lazily loaded command. `--clean` removes what older builds left. */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
if (process.argv.includes("--clean")) rmSync(`${root}dist`, { recursive: true, force: true });

const { dependencies } = JSON.parse(readFileSync(`${root}package.json`, "utf8"));
const entries = {
  kvproof: "src/cli/main.ts",
  "simulate-worker": "src/simulate/campaign/worker.ts",
  "bench-core": "test/benchmark/core/main.ts",
  bench: "test/benchmark/main.ts",
};
await build({
  absWorkingDir: root,
  entryPoints: Object.fromEntries(Object.entries(entries).filter(([, path]) => existsSync(`${root}${path}`))),
  outdir: `${root}dist`,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  sourcemap: true,
  // Run-time dependencies stay in node_modules (zeromq is native, pino is CommonJS); everything else is bundled.
  external: Object.keys(dependencies),
  logLevel: "warning",
});
