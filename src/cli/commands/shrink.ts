/** `kvproof shrink <trace>`: the smallest trace after which a system under test still answers wrong. */
import { writeFileSync } from "node:fs";
import { type Command, InvalidArgumentError } from "commander";
import { ExitCode, UsageError } from "../../base/errors.js";
import type { GatewaySpec } from "../../lab/ports.js";
import { durationFlag, integerFlag } from "../flags.js";
import { orderlyInterrupts } from "../interrupts.js";
import type { SutFlags } from "../sut-option.js";

interface Flags extends SutFlags {
  readonly out?: string;
  readonly force?: true;
  readonly maxTries: number;
  readonly maxTime: number;
  readonly settle: number;
  readonly replay: boolean;
  readonly cut?: true;
  readonly quiet?: true;
}

export function registerShrink(program: Command): void {
  program
    .command("shrink")
    .description("find the smallest trace after which a system under test still answers wrong")
    .argument("<file>", "a trace, or a recording in JSON lines")
    .option(
      "--sut <what>",
      'the system: "stdio:<command line>", "http:<url>", "http:<url> <command line>" (default: kvproof gateway)',
    )
    .option("--sut-timeout <time>", "longest wait for an answer of --sut (default: 10s)")
    .option("--sut-api <name>", "API of an indexer behind --sut http (default: found out)")
    .option("--sut-claims <list>", "what an indexer behind --sut http can do beyond its API")
    .option("--gateway-command <command>", "another gateway that speaks kvproof gateway's flags and ready line", words)
    .option("--no-replay", "do not tell the system where replays are")
    .option(
      "--out <file.kvtrace>",
      "where the smallest trace goes (default: <file>.min.kvtrace), with a .txt beside it",
    )
    .option("--force", "overwrite it")
    .option("--max-tries <n>", "starts of the system", integerFlag(1, 1_000_000), 500)
    .option("--max-time <duration>", "time for all of it", durationFlag, 600_000)
    .option("--settle <duration>", "longest wait for the system to have read a trace", durationFlag, 3000)
    .option("--cut", "take a trace without an end as far as it goes")
    .option("--quiet", "no progress")
    .addHelpText(
      "after",
      "\nExit code 0: every answer is right. 1: the smallest trace was written. 69: the system does not start.",
    )
    .action(shrinkFile);
}

async function shrinkFile(file: string, flags: Flags): Promise<void> {
  const { sutOf } = await import("../sut-option.js");
  const { labSut } = await import("../shrink-sut.js");
  const { openStreams } = await import("../../streams/trace/open-trace.js");
  const { shrink } = await import("../../streams/shrink/shrink.js");
  const { shrunkLines } = await import("../../streams/console/shrunk-lines.js");
  const out = flags.out ?? `${file.replace(/\.(kvtrace|jsonl)$/, "")}.min.kvtrace`;
  await refuseToOverwrite(out, flags);
  const launch = sutOf(flags);
  const command = flags.gatewayCommand === undefined ? {} : { command: flags.gatewayCommand };
  const spec: GatewaySpec = {
    events: true,
    replay: flags.replay,
    ...command,
    ...(launch === undefined ? {} : { launch }),
  };
  const trace = await openStreams(file, { cut: flags.cut ?? false });
  const interrupts = orderlyInterrupts("ending the search; the smallest trace until now is written");
  const sut = await labSut(spec);
  let done = false;
  try {
    const shrunk = await shrink(trace, {
      sut,
      settleMs: flags.settle,
      signal: interrupts.signal,
      maxTries: flags.maxTries,
      maxMs: flags.maxTime,
      progress: (line) => void (flags.quiet || process.stderr.write(`${line}\n`)),
    });
    done = true;
    const lines = shrunkLines(shrunk);
    if (shrunk.failure !== null) await write(out, shrunk.scene, lines);
    process.stdout.write(
      `${lines.join("\n")}\n${shrunk.failure === null ? "" : `written to ${out} and ${textFile(out)}\n`}`,
    );
    process.exitCode = shrunk.failure === null ? ExitCode.pass : ExitCode.violated;
  } finally {
    await sut.close(!done);
    interrupts.end();
  }
  // Kept-alive connections must not hold the process.
  process.exit();
}

async function write(
  out: string,
  scene: import("../../streams/shrink/scene.js").Scene,
  lines: readonly string[],
): Promise<void> {
  const { traceOf } = await import("../../streams/shrink/scene.js");
  const { TraceWriter } = await import("../../streams/trace/trace-writer.js");
  const { header, records } = traceOf(scene);
  const writer = new TraceWriter(out, header, true);
  for (const record of records) writer.append(record);
  await writer.finish();
  writeFileSync(textFile(out), `${lines.join("\n")}\n`);
}

async function refuseToOverwrite(out: string, { force }: Flags): Promise<void> {
  const { existsSync } = await import("node:fs");
  if (!force && existsSync(out))
    throw new UsageError("KVP_E_USAGE", `${out} exists; name another file with --out, or --force`);
}

function textFile(out: string): string {
  return `${out.replace(/\.kvtrace$/, "")}.txt`;
}

function words(text: string): string[] {
  const command = text.trim().split(/\s+/);
  if (command[0]) return command;
  throw new InvalidArgumentError("It must name a program.");
}
