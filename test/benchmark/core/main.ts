/**
 * `npm run bench:core`: wire bytes -> decoder -> index -> answers, on one thread, beside the published indexers where they can
 * be built. Prints the tables, writes JSON. Exit code 1 = a wrong answer, 3 = a required figure is missed, 64 = a wrong option.
 */
import { describeError, ExitCode, KvproofError } from "../../../src/base/errors.js";
import { writeResult } from "../../../src/bench/result-file.js";
import { storeResult } from "../../../src/bench/stored-results.js";
import { machineFingerprint, toolIdentity } from "../../../src/campaign/machine.js";
import { coreFigures } from "./figures.js";
import { decodeRate, Fed, ingestRate, matchLatency, removeEngine, warmUp, wrongAnswers } from "./measure.js";
import { parseOptions } from "./options.js";
import type { Options } from "./options.js";
import { measureSideBySide } from "./peers/side-by-side.js";
import type { SideBySide } from "./peers/side-by-side.js";
import { describeReport } from "./report.js";
import type { CoreReport, WorkloadResult } from "./report.js";
import { coreTargets } from "./targets.js";
import { benchFolder, otherSeeds, workloads } from "./workloads.js";
import type { Workload } from "./workload.js";

/** Million block operations per CPU second from map events, below which the benchmark fails. */
const THRESHOLD_MOPS = 1.0;
/** Fresh indexes per ingest figure. */
const RUNS = { quick: 11, whole: 9 } as const;

const progress = (line: string): void => void process.stderr.write(`${line}\n`);

function measure(workload: Workload, { quick, seed, turn }: Options): WorkloadResult {
  progress(`${workload.name}: ${workload.description}`);
  const runs = turn ?? (quick ? RUNS.quick : RUNS.whole);
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
  warmUp(workload, seed);
  for (const form of workload.forms.keys()) {
    result.ingest_mops[form] = ingestRate(workload, form, seed, runs);
    result.decode_mops[form] = decodeRate(workload, form, runs);
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

/** The same kinds of trace grown from other seeds: answers only. */
function* answersOnOtherSeeds(options: Options): Generator<WorkloadResult["wrong_answers"]> {
  for (const { workload, forget } of otherSeeds(options)) {
    progress(`${workload.name}, ${workload.description}: answers only`);
    const wrong: Record<string, number> = {};
    for (const form of workload.forms.keys())
      wrong[`${workload.name}, ${workload.description}, ${form}`] = wrongAnswers(
        workload,
        new Fed(workload, form, options.seed),
      );
    forget();
    yield wrong;
  }
}

function besidePeers({ peers, seed, rounds }: Options): SideBySide {
  const leftOut = (reason: string): SideBySide => ({ rounds: [], once: new Map(), leftOut: [reason] });
  if (!peers) return leftOut("not asked for: --quick, --only and --no-peers leave them out");
  const bench = benchFolder();
  return bench === null ? leftOut("../shared/bench is absent") : measureSideBySide({ bench, seed, rounds, progress });
}

function report(options: Options): CoreReport {
  const startedAt = new Date().toISOString();
  const results: WorkloadResult[] = [];
  for (const workload of workloads(options, progress)) results.push(measure(workload, options));
  const others = Object.assign({}, ...answersOnOtherSeeds(options)) as Record<string, number>;
  const removal = options.only === null || options.turn !== null ? removeEngine(options.seed) : null;
  const sideBySide = besidePeers(options);
  return {
    schemaVersion: 2,
    benchmark: "core",
    startedAt,
    seed: options.seed,
    quick: options.quick,
    tool: toolIdentity(),
    machine: machineFingerprint(),
    threshold_mops: THRESHOLD_MOPS,
    remove_engine: removal,
    workloads: results,
    wrong_answers_on_other_seeds: others,
    figures: coreFigures(results, removal),
    targets: coreTargets(results, others, removal, sideBySide),
    peers: {
      rounds: sideBySide.rounds.length,
      left_out: sideBySide.leftOut,
      figures: [...sideBySide.rounds.map(({ peers }) => peers), sideBySide.once].flatMap((peers) =>
        [...peers].map(([peer, figures]) => ({ peer, figures: Object.fromEntries(figures) })),
      ),
    },
  };
}

function exitOf(
  { workloads: results, targets, wrong_answers_on_other_seeds }: CoreReport,
  { turn }: Options,
): ExitCode {
  const counts = [...results.map(({ wrong_answers }) => wrong_answers), wrong_answers_on_other_seeds];
  const wrong = counts.flatMap((count) => Object.values(count)).some((count) => count > 0);
  if (wrong) return ExitCode.violated;
  if (turn !== null) return ExitCode.pass;
  // The threshold is stated for the large workload: the project's own, or the common one where there is one.
  const decisive = results.findLast(({ workload }) => workload.endsWith("/main"));
  const rate = decisive?.ingest_mops.map?.median;
  const slow = rate !== undefined && rate < THRESHOLD_MOPS;
  if (slow) progress(`Below the threshold: ${rate.toFixed(2)} of ${THRESHOLD_MOPS} M/CPU-s.`);
  const missed = targets.filter(({ verdict }) => verdict === "missed");
  for (const { figure } of missed) progress(`Missed: ${figure}.`);
  return slow || missed.length > 0 ? ExitCode.threshold : ExitCode.pass;
}

function run(options: Options): ExitCode {
  const made = report(options);
  process.stdout.write(describeReport(made));
  if (options.json !== null) writeResult(options.json, `${JSON.stringify(made, null, 2)}\n`);
  if (!options.quick && options.only === null) {
    const { startedAt, tool, machine, figures } = made;
    storeResult(options.results, { benchmark: "core", startedAt, commit: tool.git, machine: { ...machine }, figures });
  }
  return exitOf(made, options);
}

try {
  process.exitCode = run(parseOptions(process.argv.slice(2)));
} catch (error) {
  process.stderr.write(`${describeError(error)}\n`);
  process.exitCode = error instanceof KvproofError ? error.exitCode : ExitCode.internal;
}
