/** Builds the command line with a defect in it, beside the real one; returns the path of its entry. */
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { build, type Plugin } from "esbuild";
import { packageRoot } from "../../src/base/package-root.js";
import type { Defect, Patch } from "./defect.js";

export function patched(source: string, patch: Patch): string {
  const occurrences = source.split(patch.find).length - 1;
  if (occurrences !== 1) {
    throw new Error(`${patch.file}: the words to change occur ${occurrences} times, not once:\n${patch.find}`);
  }
  return source.replace(patch.find, () => patch.replace);
}

function patching(patches: readonly Patch[]): Plugin {
  return {
    name: "defect",
    setup(bundler) {
      bundler.onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const mine = patches.filter((patch) => patch.file === relative(packageRoot, path));
        if (mine.length === 0) return null;
        return { contents: mine.reduce(patched, readFileSync(path, "utf8")), loader: "ts" };
      });
    },
  };
}

/** The gateway as a process, or a simulation with the gateway's cores in it. */
const ENTRIES = { kvproof: "src/cli/main.ts", simulation: "test/mutants/simulation-entry.ts" } as const;

export async function buildMutant(
  defect: Pick<Defect, "id" | "patches">,
  entry: keyof typeof ENTRIES = "kvproof",
): Promise<string> {
  const outdir = join(packageRoot, ".kvproof", "mutants", defect.id);
  const { dependencies } = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
  };
  await build({
    absWorkingDir: packageRoot,
    entryPoints: { [entry]: ENTRIES[entry] },
    outdir,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20.19",
    external: Object.keys(dependencies),
    logLevel: "warning",
    plugins: [patching(defect.patches)],
  });
  return join(outdir, `${entry}.js`);
}
