/** `npm run mutants`: hunts every seeded defect and writes the matrix. Ends 0 only when all are found and the clean gateway is. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { sharedAbort } from "../../src/base/async.js";
import { packageRoot } from "../../src/base/package-root.js";
import { toolIdentity } from "../../src/campaign/machine.js";
import { cleanRuns } from "./clean-runs.js";
import { CLEAN_SEEDS } from "./detection-page.js";
import type { Hunt } from "./hunt.js";
import { huntInSimulation } from "./hunt-in-simulation.js";
import { huntOnLab } from "./hunt-on-lab.js";
import { type FiledDefect, loadDefects } from "./load-defects.js";
import { type CleanRuns, complaints, markdownOf, type Matrix, rowOf } from "./matrix.js";

const SIMULATED_AT_ONCE = 2;
const CLEAN_SEEDS_QUICK = 1000;
const USAGE = `npm run mutants -- [--grep <pattern>] [--simulated-only] [--shard <i/n>] [--quick] [--no-clean]

  --grep <pattern>   only defects whose area/id matches
  --simulated-only   only those that need no sockets
  --shard <i/n>      the i-th of n shares of the defects
  --quick            ${CLEAN_SEEDS_QUICK} clean seeds instead of ${CLEAN_SEEDS}
  --no-clean         no clean seeds`;

interface Options {
  readonly grep: RegExp | null;
  readonly simulatedOnly: boolean;
  readonly shard: { readonly index: number; readonly of: number };
  readonly cleanSeeds: number;
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      grep: { type: "string" },
      "simulated-only": { type: "boolean", default: false },
      shard: { type: "string", default: "1/1" },
      quick: { type: "boolean", default: false },
      "no-clean": { type: "boolean", default: false },
    },
  });
  const [, index = 0, of = 0] = (/^(\d+)\/(\d+)$/.exec(values.shard) ?? []).map(Number);
  if (index < 1 || index > of) throw new Error(`--shard ${values.shard}: must be i/n with 1 <= i <= n`);
  return {
    grep: values.grep === undefined ? null : new RegExp(values.grep),
    simulatedOnly: values["simulated-only"],
    shard: { index, of },
    cleanSeeds: values["no-clean"] ? 0 : values.quick ? CLEAN_SEEDS_QUICK : CLEAN_SEEDS,
  };
}

async function chosen({ grep, simulatedOnly, shard }: Options): Promise<FiledDefect[]> {
  const defects = (await loadDefects()).filter(
    ({ area, id, scenario }) => (!simulatedOnly || scenario === undefined) && (grep?.test(`${area}/${id}`) ?? true),
  );
  return defects.filter((_, i) => i % shard.of === shard.index - 1);
}

async function huntAll(defects: readonly FiledDefect[], signal: AbortSignal): Promise<Hunt[]> {
  const hunts: Hunt[] = [];
  const simulated = defects.filter(({ scenario }) => scenario === undefined);
  const onLab = defects.filter(({ scenario }) => scenario !== undefined);
  const drain = async (queue: FiledDefect[], hunt: typeof huntOnLab): Promise<void> => {
    for (let defect = queue.shift(); defect !== undefined && !signal.aborted; defect = queue.shift()) {
      const ended = await hunt(defect, signal);
      hunts.push(ended);
      tell(ended, hunts.length, defects.length);
    }
  };
  await Promise.all(Array.from({ length: SIMULATED_AT_ONCE }, () => drain(simulated, huntInSimulation)));
  await drain(onLab, huntOnLab);
  const order = new Map(defects.map(({ id }, i) => [id, i]));
  return hunts.sort((a, b) => (order.get(a.defect.id) ?? 0) - (order.get(b.defect.id) ?? 0));
}

function tell(hunt: Hunt, done: number, of: number): void {
  const { area, id, found, foundBy, seeds, seedsTried, trouble, failed, where } = rowOf(hunt);
  const where_ = where === "simulation" ? "" : ` in ${where}`;
  const how = found ? `${foundBy.join(", ")} (seeds ${seeds.join(", ")} of ${seedsTried}${where_})` : "NOT FOUND";
  const why = found
    ? ""
    : ` after ${seedsTried} seeds${where_}; failed: ${failed.join(", ") || "nothing"} ${trouble ?? ""}`;
  process.stderr.write(`[${done}/${of}] ${area}/${id}: ${how}${why}\n`);
}

function write(matrix: Matrix): void {
  const folder = join(packageRoot, "test-results");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "mutants.json"), `${JSON.stringify(matrix, null, 1)}\n`);
  writeFileSync(join(folder, "mutants.md"), markdownOf(matrix));
}

async function clean(seeds: number, signal: AbortSignal): Promise<CleanRuns | null> {
  if (seeds === 0 || signal.aborted) return null;
  const progress = (done: number): void => {
    if (done % 500 === 0) process.stderr.write(`${done} of ${seeds} seeds without a defect\n`);
  };
  return cleanRuns(seeds, progress, signal);
}

async function main(): Promise<number> {
  const options = readOptions();
  const started = performance.now();
  const seconds = (): string => `${Math.round((performance.now() - started) / 1000)} s`;
  const abort = sharedAbort();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => {
      if (abort.signal.aborted) process.exit(130);
      process.stderr.write("\ninterrupted: ending what runs\n");
      abort.abort();
    });
  }
  const hunts = await huntAll(await chosen(options), abort.signal);
  process.stderr.write(`${hunts.length} defects hunted after ${seconds()}\n`);
  const matrix: Matrix = {
    schemaVersion: 1,
    revision: toolIdentity().git ?? "unknown",
    clean: await clean(options.cleanSeeds, abort.signal),
    rows: hunts.map(rowOf),
  };
  write(matrix);
  if (abort.signal.aborted) return 130;
  const wrong = complaints(matrix);
  const found = matrix.rows.filter((row) => row.found).length;
  process.stdout.write(`${found} of ${matrix.rows.length} defects found; `);
  process.stdout.write(
    `${matrix.clean?.findings.length ?? 0} findings in ${matrix.clean?.seeds ?? 0} clean runs; ${seconds()}\n`,
  );
  for (const complaint of wrong) process.stdout.write(`  ${complaint}\n`);
  process.stdout.write("matrix: test-results/mutants.md\n");
  return wrong.length === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (thrown) {
  process.stderr.write(`${(thrown as Error).message}\n\n${USAGE}\n`);
  process.exitCode = 64;
}
