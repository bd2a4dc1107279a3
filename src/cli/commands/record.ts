/** `kvproof record`: event streams of running engines, whole and in order, into one compressed trace. */
import type { Command } from "commander";
import { ExitCode, UsageError } from "../../base/errors.js";
import type { Recorded } from "../../streams/record.js";
import { durationFlag, integerFlag, repeated } from "../flags.js";
import { orderlyInterrupts } from "../interrupts.js";

const PROGRESS_INTERVAL_MS = 1000;

interface Flags {
  readonly engine: readonly string[];
  readonly fromJsonl?: string;
  readonly out: string;
  readonly for?: number;
  readonly batches?: number;
  readonly force?: true;
  readonly json?: true;
}

export function registerRecord(program: Command): void {
  program
    .command("record")
    .description("record engines' event streams into one trace")
    .option(
      "--engine <spec>",
      "name=tcp://host:port[,replay=tcp://host:port][,topic=text][,rank=n]; repeatable",
      repeated,
      [],
    )
    .option("--from-jsonl <file>", "convert a recording in JSON lines instead")
    .requiredOption("--out <file.kvtrace>", "where the trace goes")
    .option("--for <duration>", "end after this time, such as 30s or 10m (default: at Ctrl-C)", durationFlag)
    .option("--batches <n>", "end once so many batches are recorded, over all engines", integerFlag(1))
    .option("--force", "overwrite the trace if it exists")
    .option("--json", "print the result as JSON")
    .addHelpText(
      "after",
      "\nExit code 0: every stream is whole. 2: batches are missing (named), or nothing was recorded.",
    )
    .action(record);
}

async function record(flags: Flags): Promise<void> {
  const recorded = await (flags.fromJsonl === undefined ? fromEngines(flags) : fromFile(flags.fromJsonl, flags));
  const batches = recorded.totals.reduce((sum, one) => sum + one.batches, 0);
  if (flags.json) process.stdout.write(`${JSON.stringify({ out: flags.out, ...recorded })}\n`);
  else {
    const { recordedLines } = await import("../../streams/console/recorded-lines.js");
    process.stdout.write(`${recordedLines(recorded, flags.out).join("\n")}\n`);
  }
  process.exitCode = batches > 0 && recorded.holes.length === 0 ? ExitCode.pass : ExitCode.inconclusive;
}

async function fromFile(file: string, { engine, out, force, for: forMs, batches }: Flags): Promise<Recorded> {
  if (engine.length > 0 || forMs !== undefined || batches !== undefined)
    throw new UsageError("KVP_E_USAGE", "--from-jsonl converts a whole file: it goes with --out and --force alone");
  const { openRecording } = await import("../../streams/trace/recording-reader.js");
  const { isGzip } = await import("../../streams/trace/file-lines.js");
  const { convert } = await import("../../streams/record.js");
  if (await isGzip(file))
    throw new UsageError("KVP_E_USAGE", `--from-jsonl: ${file} is compressed; is it a trace already?`);
  const source = await openRecording(file);
  if (source.header.streams.length === 0)
    throw new UsageError("KVP_E_TRACE_INVALID", `${file} holds no line of kind "event"`);
  return convert(source, out, force ?? false);
}

async function fromEngines({ engine, out, force, for: forMs, batches }: Flags): Promise<Recorded> {
  if (engine.length === 0) throw new UsageError("KVP_E_USAGE", "record needs --engine (or --from-jsonl)");
  const { parseEngineSpecs } = await import("../../streams/trace/engine-spec.js");
  const { recordFleet } = await import("../../streams/record.js");
  const streams = parseEngineSpecs(engine);
  const interrupts = orderlyInterrupts("ending the recording in order");
  let told = 0;
  const progress = (count: number): void => {
    if (performance.now() - told < PROGRESS_INTERVAL_MS || !process.stderr.isTTY) return;
    told = performance.now();
    process.stderr.write(`\r${count} batches `);
  };
  try {
    return await recordFleet({
      streams,
      out,
      force: force ?? false,
      forMs,
      batches,
      signal: interrupts.signal,
      progress,
    });
  } finally {
    interrupts.end();
  }
}
