/** `kvproof lint`: does a stream keep what real publishers keep? On a trace, a recording, or running engines. */
import { type Command, InvalidArgumentError } from "commander";
import { ExitCode, UsageError } from "../../base/errors.js";
import type { Finding, RuleId } from "../../streams/lint/finding.js";
import type { LintReport } from "../../streams/lint/linter.js";
import { durationFlag, integerFlag, repeated } from "../flags.js";
import { orderlyInterrupts } from "../interrupts.js";

interface Flags {
  readonly engine: readonly string[];
  readonly for?: number;
  readonly blocks?: number;
  readonly cut?: true;
  readonly notes?: true;
  readonly ignore: readonly string[];
  readonly maxFindings: number;
  readonly json?: true;
}

export function registerLint(program: Command): void {
  program
    .command("lint")
    .description("check event streams against what real publishers keep")
    .argument("[file]", "a trace, or a recording in JSON lines")
    .option(
      "--engine <spec>",
      "a running engine instead: name=tcp://host:port[,replay=…][,topic=…][,rank=n]; repeatable",
      repeated,
      [],
    )
    .option("--for <duration>", "how long to listen (default: until Ctrl-C)", durationFlag)
    .option(
      "--blocks <n>",
      "blocks of each engine's pool (num_gpu_blocks): no more than n-1 may be held",
      integerFlag(2),
    )
    .option("--ignore <rule>", "leave a rule out; repeatable", ruleNames, [])
    .option("--cut", "read a trace without an end as far as it goes")
    .option("--notes", "also print what is rare but real")
    .option("--max-findings <n>", "print at most so many", integerFlag(1), 100)
    .option("--json", "print the whole result as JSON")
    .addHelpText("after", "\nExit code 0: clean. 1: violations. 2: nothing was read.")
    .action(lint);
}

async function lint(file: string | undefined, flags: Flags): Promise<void> {
  if ((file === undefined) === (flags.engine.length === 0))
    throw new UsageError("KVP_E_USAGE", "lint needs a file or --engine, one of the two");
  if (file !== undefined && flags.for !== undefined) throw new UsageError("KVP_E_USAGE", "--for goes with --engine");
  const { checkRules } = await import("../../streams/lint/finding.js");
  const ignored = checkRules(flags.ignore);
  let printed = 0;
  const onFinding = ({ severity, ...rest }: Finding): void => {
    if (flags.json || (severity === "note" && !flags.notes)) return;
    if (++printed <= flags.maxFindings) process.stdout.write(`${findingLine({ severity, ...rest })}\n`);
  };
  const { findingLine, lintLines } = await import("../../streams/console/lint-lines.js");
  const limits = { blocks: flags.blocks, ignored };
  const report = await (file === undefined
    ? lintEngines(flags, limits, onFinding)
    : lintFile(file, flags, limits, onFinding));
  if (flags.json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else {
    if (printed > flags.maxFindings)
      process.stdout.write(`… and ${printed - flags.maxFindings} more (--max-findings)\n`);
    process.stdout.write(`${lintLines(report).join("\n")}\n`);
  }
  process.exitCode =
    report.violations > 0 ? ExitCode.violated : report.batches === 0 ? ExitCode.inconclusive : ExitCode.pass;
}

interface Limits {
  readonly blocks: number | undefined;
  readonly ignored: ReadonlySet<RuleId>;
}
type OnFinding = (finding: Finding) => void;

async function lintFile(file: string, { cut }: Flags, limits: Limits, onFinding: OnFinding): Promise<LintReport> {
  const { openStreams } = await import("../../streams/trace/open-trace.js");
  const { Linter } = await import("../../streams/lint/linter.js");
  const { header, records } = await openStreams(file, { cut: cut ?? false });
  const linter = new Linter(header.streams, limits, onFinding);
  for await (const record of records) linter.add(record);
  return linter.report();
}

async function lintEngines(flags: Flags, limits: Limits, onFinding: OnFinding): Promise<LintReport> {
  const { parseEngineSpecs } = await import("../../streams/trace/engine-spec.js");
  const { Linter } = await import("../../streams/lint/linter.js");
  const { tapFleet } = await import("../../streams/tap/fleet-tap.js");
  const streams = parseEngineSpecs(flags.engine);
  const linter = new Linter(streams, limits, onFinding);
  const interrupts = orderlyInterrupts("ending in order");
  const target = { append: linter.add.bind(linter), drained: () => Promise.resolve(), enough: () => false };
  try {
    await tapFleet(target, { streams, forMs: flags.for, signal: interrupts.signal });
  } finally {
    interrupts.end();
  }
  return linter.report();
}

function ruleNames(text: string, before: readonly string[]): string[] {
  if (/^[a-z-]+$/.test(text)) return [...before, text];
  throw new InvalidArgumentError("It must be the name of a rule.");
}
