/** Builds the gateway with a defect in it: as the whole command line, or as a simulation with the gateway's cores in it. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { build, type Plugin } from "esbuild";
import { packageRoot } from "../../src/base/package-root.js";
import type { Defect, Patch } from "./defect.js";

const ENTRIES = {
  kvproof: "src/cli/main.ts",
  simulation: "test/mutants/simulation-worker.ts",
  "bench-core": "test/benchmark/core/main.ts",
} as const;
/** Programs that the command line starts threads of. */
const THREADS = { "simulate-worker": "src/simulate/campaign/worker.ts" };
export type MutantEntry = keyof typeof ENTRIES;

export function patched(source: string, patch: Patch): string {
  const occurrences = source.split(patch.find).length - 1;
  if (occurrences !== 1) {
    throw new Error(`${patch.file}: the words to change occur ${occurrences} times, not once:\n${patch.find}`);
  }
  return source.replace(patch.find, () => patch.replace);
}

/** Path of the built entry. What was built from the same sources and the same patches is used again. */
export async function buildMutant(defect: Pick<Defect, "id" | "patches">, entry: MutantEntry): Promise<string> {
  const folder = join(packageRoot, ".kvproof", "mutants", `${defect.id}.${entry}`);
  const key = createHash("sha256").update(sources()).update(JSON.stringify(defect.patches)).digest("hex");
  const outdir = join(folder, key.slice(0, 16));
  const path = join(outdir, `${entry}.js`);
  let running = underWay.get(path);
  if (running === undefined) underWay.set(path, (running = buildInto(folder, outdir, entry, defect.patches)));
  await running;
  return path;
}

/** Builds of this process, so that two who want the same one share it. */
const underWay = new Map<string, Promise<void>>();

async function buildInto(folder: string, outdir: string, entry: MutantEntry, patches: readonly Patch[]): Promise<void> {
  if (existsSync(join(outdir, `${entry}.js`))) return;
  rmSync(folder, { recursive: true, force: true });
  // A build that was cut short must not be taken for a whole one.
  const unfinished = `${outdir}.${process.pid}.part`;
  await bundle(unfinished, entry, patches);
  try {
    renameSync(unfinished, outdir);
  } catch (thrown) {
    // Another process was faster.
    rmSync(unfinished, { recursive: true, force: true });
    if (!existsSync(outdir)) throw thrown;
  }
}

async function bundle(outdir: string, entry: MutantEntry, patches: readonly Patch[]): Promise<void> {
  const { dependencies } = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
  };
  const applied = new Set<Patch>();
  await build({
    absWorkingDir: packageRoot,
    entryPoints: { [entry]: ENTRIES[entry], ...(entry === "kvproof" ? THREADS : {}) },
    outdir,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20.19",
    external: Object.keys(dependencies),
    logLevel: "silent",
    plugins: [patching(patches, applied)],
  });
  const idle = patches.find((patch) => !applied.has(patch));
  if (idle) throw new Error(`${idle.file} is not part of the ${entry} build: its change would do nothing`);
}

function patching(patches: readonly Patch[], applied: Set<Patch>): Plugin {
  return {
    name: "defect",
    setup(bundler) {
      bundler.onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const mine = patches.filter((patch) => patch.file === relative(packageRoot, path));
        if (mine.length === 0) return null;
        for (const patch of mine) applied.add(patch);
        return { contents: mine.reduce(patched, readFileSync(path, "utf8")), loader: "ts" };
      });
    },
  };
}

let sourcesHash: string | undefined;

/** One hash over everything that may be bundled. */
function sources(): string {
  if (sourcesHash !== undefined) return sourcesHash;
  const hash = createHash("sha256");
  const add = (path: string): unknown => hash.update(path).update(readFileSync(join(packageRoot, path)));
  for (const folder of ["src", join("test", "benchmark", "core")])
    for (const file of readdirSync(join(packageRoot, folder), { recursive: true, encoding: "utf8" }).sort())
      if (file.endsWith(".ts") && !file.endsWith(".test.ts")) add(join(folder, file));
  for (const file of ["simulation-entry.ts", "simulation-worker.ts"]) add(join("test/mutants", file));
  add("package-lock.json");
  return (sourcesHash = hash.digest("hex"));
}
