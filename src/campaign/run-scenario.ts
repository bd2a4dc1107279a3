/** One run, from an empty folder to a verdict. Whatever happens on the way, what exists is written and nothing stays running. */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { sharedAbort } from "../base/async.js";
import { type Clock, NS_PER_MS, systemClock } from "../base/clock.js";
import { asError, ExitCode, InternalError, KvproofError } from "../base/errors.js";
import type { ProfileKind } from "../base/profile/v8-profile.js";
import { Rng } from "../base/rng.js";
import { mergeHistory } from "../judge/history/merge-history.js";
import type { RunRecord } from "../judge/history/records.js";
import { judgeHistory } from "../judge/judge.js";
import { keyFigures } from "../judge/key-figures.js";
import { RUN_FILES, type RunSummary, UNTIL_THEN } from "../judge/run-summary.js";
import type { JudgeReport } from "../judge/verdict.js";
import type { GatewaySpec, Lab, LabFactory } from "../lab/ports.js";
import type { SutDriver, SystemUnderTest } from "../lab/sut/port.js";
import { RestartableSut } from "../lab/sut/restartable-sut.js";
import { GatewayLife } from "./faults/gateway-life.js";
import { machineFingerprint, toolIdentity } from "./machine.js";
import type { CampaignObserver } from "./observer.js";
import type { Plan } from "./plan/plan.js";
import { Profiling } from "./profile/profiling.js";
import { reproCommand, reproScript } from "./repro.js";
import { applicablePlan } from "./run/applicable-plan.js";
import { checksUnderFaults, thresholdsUnderFaults } from "./run/fault-expectations.js";
import { Fleet } from "./run/fleet.js";
import { OwnDoor, ProxyDoor } from "./run/front-door.js";
import { InFlight } from "./run/in-flight.js";
import { LoadMeter } from "./run/load-meter.js";
import { OpenAiClient } from "./run/openai-client.js";
import { runPhases, startFleet } from "./run/phases.js";
import { PromptBook } from "./run/prompt-book.js";
import { PromptPool } from "./run/prompt-pool.js";
import { Recorder } from "./run/recorder.js";
import type { RunContext } from "./run/run-context.js";
import { type Place, Ticker } from "./run/ticker.js";
import { RunDirectory, utcName } from "./run-directory.js";
import { runIdentity } from "./run-identity.js";

const RECENT_PROMPTS = 512;
const STORED_PROMPTS = 256;

export interface RunOptions {
  readonly lab: LabFactory;
  readonly sut: (spec: GatewaySpec) => SutDriver;
  /** Run directories go below this. */
  readonly out: string;
  readonly observer: CampaignObserver;
  readonly place: Place;
  /** Ends the run early, in order. */
  readonly signal: AbortSignal;
  /** Keeps raw records and ledgers beside the history. */
  readonly keep: boolean;
  readonly clock?: Clock;
  /** Profiles of gateway and engines around the measured phase. */
  readonly profile?: readonly ProfileKind[];
  /** Writes the renderings of a finished run directory. */
  readonly render?: (dir: string) => void;
}

/** Never rejects for what can go wrong in a run: that is in the summary, as `verdict` "error" with its code. */
export async function runScenario(plan: Plan, options: RunOptions): Promise<FinishedRun> {
  const run = new ScenarioRun(plan, options);
  const finished = { ...(await run.execute()), dir: run.directory.path };
  options.render?.(finished.dir);
  options.observer.runEnded?.(finished.summary, finished.dir);
  return finished;
}

export interface FinishedRun {
  readonly dir: string;
  readonly summary: RunSummary;
  /** null when there was nothing to judge. */
  readonly report: JudgeReport | null;
}

class ScenarioRun {
  readonly directory: RunDirectory;
  readonly #plan: Plan;
  readonly #options: RunOptions;
  readonly #clock: Clock;
  readonly #stop = sharedAbort();
  readonly #recorder: Recorder;
  readonly #startedAt = new Date();
  readonly #startedNs: number;
  #fleet: Fleet | null = null;
  #failure: Error | null = null;
  /** The system under test did not end as it should. */
  #unruly: Error | null = null;
  #sut: RestartableSut | null = null;
  #phasesBegan = false;
  readonly #profiling: Profiling | null;

  constructor(plan: Plan, options: RunOptions) {
    this.#plan = plan;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#startedNs = this.#clock.nowNs();
    this.directory = new RunDirectory(options.out, plan.id, `${utcName(this.#startedAt)}-${plan.seed}`);
    this.directory.begin(plan, machineFingerprint(), reproScript(plan));
    this.#recorder = new Recorder(this.directory.records);
    const note = (line: string): void => options.observer.note?.(line);
    this.#profiling = options.profile ? new Profiling(options.profile, this.directory.path, note) : null;
    if (options.signal.aborted) this.#stop.abort();
    options.signal.addEventListener("abort", () => this.#stop.abort(), { once: true });
  }

  async execute(): Promise<Omit<FinishedRun, "dir">> {
    this.#options.observer.runStarted?.(this.#plan, this.directory.path);
    let lab: Lab | null = null;
    try {
      lab = await this.#options.lab.open({
        runId: `${utcName(this.#startedAt)}-${process.pid}-${randomBytes(3).toString("hex")}`,
        dir: this.directory.path,
        relay: this.#plan.needsRelay,
        vllm: this.#plan.engines.some(({ vllm }) => vllm !== undefined && vllm.command === undefined),
        images: [...new Set(this.#plan.engines.flatMap(({ vllm }) => vllm?.image ?? []))],
        seed: this.#plan.seed,
        volumes: this.#plan.needsVolumes,
        observer: {
          record: (record) => this.#recorder.record(record),
          engineLost: (engine, detail) => this.#engineLost(engine, detail),
          engineEnded: (engine) => this.#fleet?.ended(engine),
          gatewayLost: (why) => void this.#sutLost(why),
        },
      });
      const begun = lab;
      this.#recorder.allowForClocks(() => begun.clockUncertaintyNs ?? 0);
      // Until the fleet is up nothing deserves an orderly end: what starts is ended.
      const endEarly = (): void => void (this.#phasesBegan || begun.close());
      this.#stop.signal.addEventListener("abort", endEarly, { once: true });
      if (!this.#stop.signal.aborted) await this.#inLab(lab);
    } catch (thrown) {
      this.#fail(asError(thrown));
    }
    await lab?.settleTruth?.().catch((thrown: unknown) => this.#fail(asError(thrown)));
    const ledgers = lab?.ledgerFiles() ?? [];
    await this.#recorder.close().catch((thrown: unknown) => this.#fail(asError(thrown)));
    await lab?.close();
    const report = await this.#judge(ledgers);
    this.#profiling?.settleSnapshot(report);
    const summary = this.#conclude(report);
    for (const line of (await lab?.settle?.(summary.exitCode !== ExitCode.pass)) ?? [])
      this.#options.observer.note?.(line);
    return { summary, report };
  }

  async #inLab(lab: Lab): Promise<void> {
    const plan = this.#plan;
    const driver = this.#options.sut(plan.gateway);
    const askedAt = this.#clock.nowNs();
    const gateway = await lab.startGateway(plan.gateway);
    const gatewayStartMs = (this.#clock.nowNs() - askedAt) / NS_PER_MS;
    const sut = await RestartableSut.connect(driver, gateway, plan.seed);
    this.#sut = sut;
    this.#recorder.record({ ...this.#runRecord(driver, sut), gatewayStartMs });
    const context = this.#context(lab, sut, gateway.logFile);
    this.#fleet = context.fleet;
    const meter = new LoadMeter(this.#clock);
    const { observer, place } = this.#options;
    const ticker = new Ticker(context, { meter, directory: this.directory, observer, place });
    try {
      const course = { context, meter, signal: this.#stop.signal, profiling: this.#profiling };
      await startFleet(course);
      if (this.#stop.signal.aborted) return;
      this.#phasesBegan = true;
      await runPhases(course);
    } finally {
      ticker.stop();
      await Promise.all([context.openai.close(), this.#stopSut(sut)]);
    }
  }

  #context(lab: Lab, sut: RestartableSut, sutLogFile: string): RunContext {
    const plan = applicablePlan(this.#plan, sut.capabilities);
    const clock = this.#clock;
    const recorder = this.#recorder;
    const blockSizes = new Map(plan.engines.map((engine) => [engine.model, engine.blockSize]));
    const inFlight = new InFlight();
    const rng = new Rng(plan.seed);
    const fleet = new Fleet(lab, sut, recorder, clock);
    const door =
      sut.openaiUrl === null
        ? new OwnDoor({ sut, fleet, inFlight, clock, rng: rng.fork("front") })
        : new ProxyDoor(sut.openaiUrl);
    return {
      plan,
      lab,
      sut,
      sutLogFile,
      clock,
      recorder,
      inFlight,
      rng,
      prompts: new PromptBook(recorder, clock, blockSizes),
      fleet,
      gateway: new GatewayLife({ lab, spec: plan.gateway, sut, fleet, recorder, clock }),
      openai: new OpenAiClient(door, { recorder, clock, inFlight }),
      recent: new PromptPool(RECENT_PROMPTS),
      stored: new PromptPool(STORED_PROMPTS),
    };
  }

  #runRecord(driver: SutDriver, sut: RestartableSut): RunRecord {
    const plan = this.#plan;
    return {
      k: "run",
      at: this.#clock.nowNs(),
      version: 1,
      scenario: plan.id,
      title: plan.title,
      seed: plan.seed,
      lab: plan.lab,
      sut: { name: sut.name, version: sut.version, capabilities: sut.capabilities },
      bounds: plan.bounds,
      models: Object.fromEntries(plan.engines.map((engine) => [engine.model, { blockSize: engine.blockSize }])),
      policy: { minMatchBlocks: sut.minMatchBlocks ?? driver.minMatchBlocks },
      opportunities: plan.opportunities,
      thresholds: thresholdsUnderFaults(plan, sut.capabilities),
      checks: checksUnderFaults(plan, sut.tellsOfFaults),
      requiredMarks: plan.marks,
      events: plan.gateway.events,
      ...(plan.gateway.traceApplied === undefined ? {} : { traced: plan.gateway.traceApplied }),
    };
  }

  /** One that does not end as it should has answered everything all the same: what was found wrong with it counts more. */
  async #stopSut(sut: SystemUnderTest): Promise<void> {
    await sut.stop().catch((thrown: unknown) => (this.#unruly = asError(thrown)));
  }

  #engineLost(engine: string, detail: string): void {
    this.#options.observer.note?.(`engine ${engine} ended unexpectedly (${detail})`);
    this.#recorder.record({ k: "mark", at: this.#clock.nowNs(), name: "engine-lost", detail: `${engine}: ${detail}` });
    // An orchestrator would notice and say so. The run goes on without it.
    this.#fleet?.lost(engine);
    this.#fleet?.leave(engine).catch((thrown: unknown) => this.#options.observer.note?.(asError(thrown).message));
  }

  /** What it was asked it answers no more, and where its host went with it, nothing says so for a long time. */
  async #sutLost(why: Error): Promise<void> {
    this.#fail(why);
    await this.#sut?.disconnect().catch(() => undefined);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#stop.abort();
  }

  /** The history, as far as it goes, and what the judge makes of it; null when the run never began. */
  async #judge(ledgers: readonly string[]): Promise<JudgeReport | null> {
    this.directory.writeSeries();
    if (this.#recorder.count === 0) {
      if (!this.#options.keep) this.directory.dropSources();
      return null;
    }
    try {
      const history = this.directory.file(RUN_FILES.history);
      await mergeHistory({
        records: this.directory.records,
        ledgers: ledgers.filter((file) => existsSync(file)),
        to: history,
      });
      const report = await judgeHistory(history);
      this.directory.writeVerdict(report);
      if (!this.#options.keep) this.directory.dropSources();
      return report;
    } catch (thrown) {
      this.#failure ??= asError(thrown);
      return null;
    }
  }

  #conclude(report: JudgeReport | null): RunSummary {
    const plan = this.#plan;
    const identity = runIdentity(plan);
    const summary: RunSummary = {
      schemaVersion: 1,
      tool: toolIdentity(),
      scenario: plan.id,
      title: plan.title,
      seed: plan.seed,
      sample: plan.sample,
      lab: plan.lab,
      sut: sutOf(this.#sut),
      startedAt: this.#startedAt.toISOString(),
      durationMs: Math.round((this.#clock.nowNs() - this.#startedNs) / 1e6),
      ...outcomeOf(report, { failure: this.#failure, unruly: this.#unruly }, this.#options.signal.aborted),
      machine: machineFingerprint(),
      ...(report === null ? {} : { measured: keyFigures(report) }),
      ...(identity === null ? {} : { identity }),
      repro: reproCommand(plan),
      dir: ".",
    };
    this.directory.writeSummary(summary);
    return summary;
  }
}

function sutOf(sut: SystemUnderTest | null): RunSummary["sut"] {
  if (sut === null) return { name: "none", version: "none" };
  const { name, version, capabilities } = sut;
  return { name, version, capabilities };
}

type Outcome = Pick<RunSummary, "verdict" | "exitCode" | "headline" | "error">;

interface Failures {
  readonly failure: Error | null;
  readonly unruly: Error | null;
}

function outcomeOf(report: JudgeReport | null, { failure, unruly }: Failures, interrupted: boolean): Outcome {
  const judged = report === null ? "" : `${UNTIL_THEN}${report.headline}`;
  if (interrupted) {
    return { verdict: "interrupted", exitCode: ExitCode.interrupted, headline: `interrupted by the user${judged}` };
  }
  if (failure !== null || report === null)
    return errorOutcome(failure ?? new InternalError("the run left no history"), judged);
  const { verdict, exitCode, headline } = report;
  if (unruly === null) return { verdict, exitCode, headline };
  if (exitCode !== ExitCode.violated) return errorOutcome(unruly, judged);
  return { verdict, exitCode, headline: `${headline}; ${unruly.message}` };
}

function errorOutcome(failure: Error, judged: string): Outcome {
  const known = failure instanceof KvproofError;
  const code = known ? failure.code : "KVP_E_INTERNAL";
  const { message, stack } = failure;
  const exitCode = known ? failure.exitCode : ExitCode.internal;
  const error = { code, message, ...(code === "KVP_E_INTERNAL" && stack !== undefined ? { stack } : {}) };
  return { verdict: "error", exitCode, headline: `${message}${judged}`, error };
}
