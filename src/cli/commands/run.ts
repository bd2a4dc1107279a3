/** `kvproof run <files…>`: plans scenarios, runs them on a lab, judges, reports. Ctrl-C ends in order, a second one at once. */
import { join } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { errorCatalogue, type ErrorCode } from "../../base/errors.js";
import { PROFILE_KINDS, type ProfileKind } from "../../base/profile/v8-profile.js";
import type { CampaignObserver } from "../../campaign/observer.js";
import type { LabFactory } from "../../lab/ports.js";
import type { CampaignSummary, RunSummary } from "../../judge/run-summary.js";
import { integerFlag } from "../flags.js";
import { orderlyInterrupts } from "../interrupts.js";
import { addKubernetesFlags, checkLabFlags, type KubernetesFlags, openKubernetesLab } from "../kubernetes-flags.js";

const LABS = ["local", "netns", "kubernetes"] as const;

interface Flags extends KubernetesFlags {
  readonly lab: (typeof LABS)[number];
  readonly sample: number;
  readonly seed?: number;
  readonly grep?: RegExp;
  readonly shard?: { readonly index: number; readonly of: number };
  readonly out: string;
  readonly concurrency: number;
  readonly gatewayCommand?: readonly string[];
  readonly sut?: string;
  readonly sutTimeout?: string;
  readonly sutApi?: string;
  readonly sutClaims?: string;
  readonly json?: true;
  readonly quiet?: true;
  readonly keep?: true;
  readonly profile?: readonly ProfileKind[];
  readonly skipImpossible?: true;
  readonly engine?: "vllm";
  readonly engineOptions?: string;
}

export function registerRun(program: Command): void {
  const command = program
    .command("run")
    .description("run scenarios and judge them")
    .argument("<files...>", "scenario files, or folders of them")
    .option("--sample <share>", "shorten phases, rates and large fleets to this share (0 to 1]", share, 1)
    .option("--seed <n>", "seed of all scenarios instead of their own", integerFlag(0, 0x7fff_ffff))
    .option("--grep <pattern>", "only scenarios whose id matches", pattern)
    .option("--shard <i/n>", "the i-th of n shares of the scenarios", shard)
    .addOption(
      new Option(
        "--lab <kind>",
        "local: loopback; netns: engines in a network namespace, real packet loss (root); kubernetes: pods of a cluster",
      )
        .choices(LABS)
        .default("local"),
    )
    .addOption(
      new Option("--engine <kind>", "vllm: real vLLM engines instead of doubles ($KVPROOF_VLLM_PYTHON has it)").choices(
        ["vllm"],
      ),
    )
    .option("--engine-options <file>", "image, command, args, env and volumes of those real engines (YAML)")
    .option("--skip-impossible", "leave out scenarios that this lab or machine cannot run, and say which and why")
    .option("--out <folder>", "where run directories go", "runs")
    .option("--concurrency <n>", "scenarios at the same time", integerFlag(1, 64), 1)
    .option("--gateway-command <command>", "another gateway that speaks kvproof gateway's flags and ready line", words)
    .option(
      "--sut <what>",
      'another system under test: "stdio:<command line>", "http:<url>", "http:<url> <command line>"',
    )
    .option("--sut-timeout <time>", "longest wait for an answer of --sut (default: 10s)")
    .option(
      "--sut-api <name>",
      "API of an indexer behind --sut http: kvproof, dynamo or conductor (default: found out)",
    )
    .option(
      "--sut-claims <list>",
      "what an indexer behind --sut http can do beyond its API: lora,salt,tiers,lease_ms=30000",
    )
    .option("--json", "print the campaign's summary as JSON")
    .option("--quiet", "print the verdict only")
    .option("--profile <kinds>", "cpu, heap or cpu,heap: profiles of gateway and engines while measured", profileKinds)
    .option("--keep", "keep raw records and ledgers beside the history");
  addKubernetesFlags(command).action(run);
}

async function run(files: string[], flags: Flags, command: Command): Promise<void> {
  checkLabFlags(command, flags.lab);
  const { runCampaign } = await import("../../campaign/run-campaign.js");
  const { driverFor } = await import("../../lab/sut/drivers.js");
  const { DEFAULT_DIALECT, DIALECTS } = await import("../../protocol/dialects.js");
  const { renderCampaign, renderRun } = await import("../../report/render.js");
  const dialects = [DEFAULT_DIALECT, ...Object.keys(DIALECTS).filter((name) => name !== DEFAULT_DIALECT)];
  const { sutOf } = await import("../sut-option.js");
  const { readEngineOptions } = await import("../../campaign/schema/engine-options-file.js");
  const launch = sutOf(flags);
  const { engineOptions: engineOptionsFile, ...others } = flags;
  const lab = await openLab(flags, dialects);
  // Whatever ends this process, nothing that the lab started outlives it.
  process.on("exit", () => lab.killAll());
  const interrupt = orderlyInterrupts("interrupted: ending the run in order");
  const console = await consoleObserver(flags);
  try {
    const summary = await runCampaign(files, {
      ...others,
      ...(engineOptionsFile === undefined
        ? {}
        : { engineOptions: readEngineOptions(engineOptionsFile), engineOptionsFile }),
      lab,
      ...(launch === undefined ? {} : { launch }),
      sut: driverFor,
      observer: console.observer,
      signal: interrupt.signal,
      keep: flags.keep ?? false,
      render: (dir) => void renderRun(dir),
      renderCampaign: (dir) => void renderCampaign(dir),
    });
    process.exitCode = summary.exitCode;
  } finally {
    console.end();
    interrupt.end();
  }
  // Kept-alive connections must not hold the process.
  process.exit();
}

async function openLab(flags: Flags, dialects: readonly string[]): Promise<LabFactory> {
  if (flags.lab === "kubernetes") return openKubernetesLab(flags, dialects);
  if (flags.lab === "netns") {
    const { NetnsLabFactory } = await import("../../lab/local/netns/netns-lab-factory.js");
    return new NetnsLabFactory(dialects);
  }
  const { LocalLabFactory } = await import("../../lab/local/local-lab-factory.js");
  return new LocalLabFactory(dialects);
}

interface Console {
  readonly observer: CampaignObserver;
  end(): void;
}

/** Progress goes to standard error, results to standard output. */
async function consoleObserver({ json, quiet }: Flags): Promise<Console> {
  const { LiveLine } = await import("../../report/console/live-line.js");
  const { campaignLines, paintVerdict, runLines } = await import("../../report/console/summary.js");
  const { loadCampaign, loadRun } = await import("../../report/run-files.js");
  const { formatMs } = await import("../../report/format.js");
  const { paintFor } = await import("../../report/console/paint.js");
  const live = new LiveLine();
  const paint = paintFor(process.stderr);
  const watched = !quiet;
  let planned = 0;
  const observer: CampaignObserver = {
    campaignStarted: (plans) => void (planned = plans.length),
    ...(watched ? { progress: (progress) => live.update(progress) } : {}),
    note: (line) => live.print(line),
    runEnded: (summary) => {
      if (watched)
        live.print(
          `${paintVerdict(summary.verdict, paint)} ${summary.scenario}  ${formatMs(summary.durationMs)}  ${summary.headline}`,
        );
      if (summary.error) live.print(errorLine(summary.error));
      if (summary.error?.stack) live.print(summary.error.stack);
    },
    campaignEnded: (summary, dir) => {
      live.end();
      if (json) process.stdout.write(`${JSON.stringify(summary)}\n`);
      else if (quiet) process.stdout.write(`${verdictLine(summary)}\n`);
      else {
        const only = planned === 1 ? summary.runs[0] : undefined;
        const lines = only === undefined ? campaignLines(loadCampaign(dir)) : runLines(loadRun(join(dir, only.dir)));
        process.stdout.write(`${lines.join("\n")}\n`);
      }
    },
  };
  return { observer, end: () => live.end() };
}

function verdictLine({ verdict, headline }: CampaignSummary): string {
  return headline.startsWith(`${verdict}:`) ? headline : `${verdict}: ${headline}`;
}

function errorLine({ code, message }: NonNullable<RunSummary["error"]>): string {
  const remedy = code in errorCatalogue ? errorCatalogue[code as ErrorCode].remedy : "";
  return `${code}: ${message}${/[.!?]$/.test(message) ? "" : "."} ${remedy}`;
}

function share(text: string): number {
  const value = Number(text);
  if (value > 0 && value <= 1) return value;
  throw new InvalidArgumentError("It must be above 0 and at most 1.");
}

function pattern(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch {
    throw new InvalidArgumentError("It must be a regular expression.");
  }
}

function shard(text: string): { index: number; of: number } {
  const [, index, of] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  if (index !== undefined && of !== undefined && Number(index) >= 1 && Number(index) <= Number(of))
    return { index: Number(index), of: Number(of) };
  throw new InvalidArgumentError("It must be i/n with 1 <= i <= n, such as 2/3.");
}

function words(text: string): string[] {
  const command = text.trim().split(/\s+/);
  if (command[0]) return command;
  throw new InvalidArgumentError("It must name a program.");
}

function profileKinds(text: string): readonly ProfileKind[] {
  const kinds = text.split(",").map((kind) => PROFILE_KINDS.find((known) => known === kind.trim()));
  if (kinds.every((kind) => kind !== undefined)) return kinds;
  throw new InvalidArgumentError(`It must be ${PROFILE_KINDS.join(", ")} or both, with a comma.`);
}
