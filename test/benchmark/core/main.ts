/**
 * `npm run bench:core`: wire bytes -> decoder -> index -> answers, on one thread. Prints a table, writes JSON.
 * Exit code 1 = a wrong answer, 3 = slower than the threshold, 64 = a wrong option.
 */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { ExitCode, UsageError, asError, describeError } from "../../../src/base/errors.js";
import { sharedPath } from "../../shared.js";
import { commonWorkload } from "./common-workload.js";
import { decodeRate, Fed, ingestRate, matchLatency, removeEngine, wrongAnswers } from "./measure.js";
import { ownWorkload } from "./own-workload.js";
import { describeReport, thisMachine } from "./report.js";
import type { CoreReport, WorkloadResult } from "./report.js";
import type { Workload } from "./workload.js";

/** Million block operations per CPU second from map events, below which the benchmark fails. */
const THRESHOLD_MOPS = 1.0;
const KINDS = ["main", "holes", "reannounce"] as const;
const NAMES = ["own", "common"].flatMap((source) => KINDS.map((kind) => `${source}/${kind}`));
const USAGE = "usage: bench:core [--quick] [--only <workload>] [--seed <n>] [--json <file>]";

interface Options {
  readonly quick: boolean;
  readonly seed: number;
  readonly json: string | null;
  /** Name of one workload, as `own/main`; null = all. */
  readonly only: string | null;
}

function parseOptions(args: string[]): Options {
  try {
    const { values } = parseArgs({
      args,
      options: {
        quick: { type: "boolean" },
        seed: { type: "string" },
        json: { type: "string" },
        only: { type: "string" },
      },
    });
    const seed = Number(values.seed ?? 20261123);
    if (!Number.isSafeInteger(seed)) throw new Error(`--seed must be an integer, not ${values.seed}`);
    const only = values.only ?? null;
    if (only !== null && !NAMES.includes(only))
      throw new Error(`--only must be one of ${NAMES.join(", ")}, not ${only}`);
    return { quick: values.quick ?? false, seed, json: values.json ?? null, only };
  } catch (error) {
    throw new UsageError("KVP_E_USAGE", `${asError(error).message}; ${USAGE}`);
  }
}

/** One at a time: the larger ones take some hundred megabytes. */
function* workloads({ quick, seed, only }: Options): Generator<Workload> {
  const wanted = (name: string) => only === null || only === name;
  for (const kind of KINDS) if (wanted(`own/${kind}`)) yield ownWorkload(kind, seed, quick);
  const bench = sharedPath("bench");
  if (!existsSync(bench)) {
    process.stderr.write("The common workload is left out: ../shared/bench is absent.\n");
    return;
  }
  for (const kind of KINDS) {
    if (wanted(`common/${kind}`) && (only !== null || !quick || kind !== "main")) yield commonWorkload(bench, kind);
  }
}

function measure(workload: Workload, { quick, seed }: Options): WorkloadResult {
  process.stderr.write(`${workload.name}: ${workload.description}\n`);
  const result: WorkloadResult = {
    workload: workload.name,
    description: workload.description,
    ingest_mops: {},
    decode_mops: {},
    match: {},
    bytes_per_resident_block: 0,
    questions: workload.questions.count,
    wrong_answers: {},
  };
  let bytes = 0;
  let match: WorkloadResult["match"] = {};
  for (const form of workload.forms.keys()) {
    result.ingest_mops[form] = ingestRate(workload, form, seed, quick ? 5 : 9);
    result.decode_mops[form] = decodeRate(workload, form, quick ? 5 : 9);
    const fed = new Fed(workload, form, seed);
    result.wrong_answers[form] = wrongAnswers(workload, fed);
    const stats = fed.index.stats();
    if (stats.blocks !== workload.residentPairs) {
      throw new Error(`${workload.name}: ${stats.blocks} blocks are resident, not ${workload.residentPairs}`);
    }
    bytes = stats.bytes / stats.blocks;
    if (form === "map") match = matchLatency(workload, fed);
  }
  return { ...result, match, bytes_per_resident_block: bytes };
}

function run(options: Options): ExitCode {
  const startedAt = new Date().toISOString();
  const results: WorkloadResult[] = [];
  for (const workload of workloads(options)) results.push(measure(workload, options));
  const report: CoreReport = {
    schemaVersion: 1,
    benchmark: "core",
    startedAt,
    seed: options.seed,
    quick: options.quick,
    machine: thisMachine(),
    threshold_mops: THRESHOLD_MOPS,
    remove_engine: options.only === null ? removeEngine(options.seed) : null,
    workloads: results,
  };
  process.stdout.write(describeReport(report));
  if (options.json !== null) {
    mkdirSync(dirname(options.json), { recursive: true });
    writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
  }
  const wrong = results.filter(({ wrong_answers }) => Object.values(wrong_answers).some((count) => count > 0));
  for (const { workload } of wrong) process.stderr.write(`Wrong answers on ${workload}.\n`);
  // The threshold is stated for the large workload: the project's own, or the common one where there is one.
  const decisive = results.findLast(({ workload }) => workload.endsWith("/main"));
  const rate = decisive?.ingest_mops.map?.median ?? 0;
  const slow = rate < THRESHOLD_MOPS;
  if (slow) process.stderr.write(`Below the threshold: ${rate.toFixed(2)} of ${THRESHOLD_MOPS} M/CPU-s.\n`);
  return wrong.length > 0 ? ExitCode.violated : slow ? ExitCode.threshold : ExitCode.pass;
}

try {
  process.exitCode = run(parseOptions(process.argv.slice(2)));
} catch (error) {
  process.stderr.write(`${describeError(error)}\n`);
  process.exitCode = error instanceof UsageError ? ExitCode.usage : ExitCode.internal;
}
