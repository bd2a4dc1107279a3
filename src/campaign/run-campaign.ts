/** Several scenarios, one after the other or side by side, and one verdict over all of them. */
import { writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { mapLimit } from "../base/async.js";
import { type CampaignSummary, RUN_FILES } from "../judge/run-summary.js";
import { summarise } from "./campaign-summary.js";
import { machineFingerprint, toolIdentity } from "./machine.js";
import type { Plan } from "./plan/plan.js";
import { planScenarios, type ScenarioPlanOptions } from "./plan-scenarios.js";
import { labArguments, programName, quoted, sutOption } from "./repro.js";
import { freshFolder, linkLatest, utcName } from "./run-directory.js";
import { type FinishedRun, type RunOptions, runScenario } from "./run-scenario.js";

type SharedOptions = Pick<RunOptions, "lab" | "sut" | "out" | "observer" | "signal" | "keep" | "render" | "profile">;

export interface CampaignOptions extends SharedOptions, Omit<ScenarioPlanOptions, "lab"> {
  /** Runs side by side; scenarios that are exclusive still run alone. */
  readonly concurrency: number;
  /** Leaves out what this lab or system cannot run, and says so, instead of refusing the whole campaign. */
  readonly skipImpossible?: boolean;
  /** Writes the renderings of the campaign's folder. */
  readonly renderCampaign?: (dir: string) => void;
}

/**
 * Plans everything before anything starts. A run that never got going (no gateway, no lab) ends the campaign: the next one
 * would fare the same.
 * @throws UsageError for what is wrong with the scenarios or options; nothing has been started then.
 */
export async function runCampaign(files: readonly string[], options: CampaignOptions): Promise<CampaignSummary> {
  const startedAt = new Date();
  const leftOut: string[] = [];
  const onImpossible = (reason: string): void => void leftOut.push(`not run: ${reason}`);
  const plans = planScenarios(files, { ...options, ...(options.skipImpossible ? { onImpossible } : {}) });
  for (const line of leftOut) options.observer.note?.(line);
  for (const line of await options.lab.endLeftovers()) options.observer.note?.(line);
  const dir = freshFolder(join(options.out, "campaigns"), utcName(startedAt));
  linkLatest(dir);
  options.observer.campaignStarted?.(plans);
  const finished = await runAll(plans, options);
  const summary = summarise(finished, {
    tool: toolIdentity(),
    machine: machineFingerprint(),
    startedAt,
    durationMs: Date.now() - startedAt.getTime(),
    repro: campaignRepro(files, options),
    planned: plans.length + leftOut.length,
    interrupted: options.signal.aborted,
    dirOf: (run) => relative(dir, run.dir),
  });
  writeFileSync(join(dir, RUN_FILES.campaign), `${JSON.stringify(summary, null, 1)}\n`);
  options.renderCampaign?.(dir);
  options.observer.campaignEnded?.(summary, dir);
  return summary;
}

async function runAll(plans: readonly Plan[], options: CampaignOptions): Promise<FinishedRun[]> {
  const finished: (FinishedRun | undefined)[] = Array.from({ length: plans.length });
  let hopeless = false;
  const run = async (index: number): Promise<void> => {
    if (hopeless || options.signal.aborted) return;
    const place = { index: index + 1, total: plans.length };
    const one = await runScenario(plans[index] as Plan, { ...options, place });
    finished[index] = one;
    hopeless ||= one.summary.verdict === "error" && one.report === null;
  };
  const indices = plans.map((_, index) => index);
  const shared = options.concurrency > 1 ? indices.filter((index) => plans[index]?.exclusive === false) : [];
  await mapLimit(shared, options.concurrency, run);
  for (const index of indices) if (!shared.includes(index)) await run(index);
  return finished.filter((one) => one !== undefined);
}

function campaignRepro(
  files: readonly string[],
  {
    lab,
    skipImpossible,
    sample,
    seed,
    grep,
    shard,
    gatewayCommand,
    launch,
    engine,
    engineOptionsFile,
  }: CampaignOptions,
): string {
  return [
    `${programName()} run`,
    ...files.map(quoted),
    ...labArguments(lab.kind, lab.repeatOptions),
    ...(engine === undefined ? [] : [`--engine ${engine}`]),
    ...(engineOptionsFile === undefined ? [] : [`--engine-options ${quoted(engineOptionsFile)}`]),
    ...(skipImpossible ? ["--skip-impossible"] : []),
    ...(grep === undefined ? [] : [`--grep ${quoted(grep.source)}`]),
    ...(shard === undefined ? [] : [`--shard ${shard.index}/${shard.of}`]),
    ...(seed === undefined ? [] : [`--seed ${seed}`]),
    ...(sample === 1 ? [] : [`--sample ${sample}`]),
    ...(gatewayCommand === undefined ? [] : [`--gateway-command ${quoted(gatewayCommand.join(" "))}`]),
    ...(launch === undefined ? [] : [sutOption(launch)]),
  ].join(" ");
}
