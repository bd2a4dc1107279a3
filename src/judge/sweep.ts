/** One pass over the records of a run: truth first, then the checkers, then what is only counted. */
import { UsageError } from "../base/errors.js";
import { CheckerHost } from "./checker-host.js";
import type { EngineRecord, HistoryRecord, QueryRecord, RouteRecord, RunRecord } from "./history/records.js";
import { round, type Answer, JudgeContext, type Property } from "./properties/property.js";
import { requiredOpportunities, RunValidity } from "./run-validity.js";
import { runVerdict } from "./run-verdict.js";
import { DivergenceMap } from "./statistics/divergence-map.js";
import { Degrading, partDistributions, sharesOf } from "./statistics/degrading.js";
import { FaultWindows } from "./statistics/fault-windows.js";
import { Starvation } from "./starvation.js";
import { Costs } from "./statistics/costs.js";
import type { Figures } from "./statistics/figures.js";
import { starvedOf } from "./statistics/starved-thresholds.js";
import { LoadAccount } from "./statistics/load-account.js";
import { Measures } from "./statistics/measures.js";
import { RecoveryTimes } from "./statistics/recovery-times.js";
import { RunSeries } from "./statistics/run-series.js";
import { RunTimeline } from "./statistics/run-timeline.js";
import { checkThresholds } from "./statistics/thresholds.js";
import { AnswerMemory } from "./truth/answer-memory.js";
import { MAX_QUESTION_NS, Truth } from "./truth/truth.js";
import type { JudgeReport } from "./verdict.js";

type Handler = (record: HistoryRecord) => void;

export class Sweep {
  readonly #run: RunRecord;
  readonly #statistics: boolean;
  readonly #truth: Truth;
  readonly #context: JudgeContext;
  readonly #measures: Measures;
  readonly #memory = new AnswerMemory();
  readonly #validity: RunValidity;
  readonly #hosts: readonly CheckerHost[];
  readonly #handlers = new Map<HistoryRecord["k"], Handler[]>();
  readonly #answerHandlers: ((answer: Answer) => void)[];
  readonly #divergence = new DivergenceMap();
  readonly #series: RunSeries;
  readonly #timeline: RunTimeline;
  readonly #faults: FaultWindows;
  readonly #degrading: Degrading;
  readonly #recoveries = new RecoveryTimes();
  readonly #load: LoadAccount;
  readonly #starvation: Starvation;
  readonly #costs: Costs;
  readonly #starting = new Map<string, number>();
  #at = Number.NEGATIVE_INFINITY;
  #queries = 0;
  #requests = 0;

  constructor(run: RunRecord, properties: readonly Property[], statistics: boolean) {
    this.#run = run;
    this.#statistics = statistics;
    this.#measures = new Measures(statistics);
    this.#truth = new Truth(run);
    this.#context = new JudgeContext(run, this.#truth, this.#measures);
    this.#validity = new RunValidity(this.#context);
    this.#hosts = properties.map((property) => new CheckerHost(property, this.#context));
    this.#answerHandlers = this.#hosts.flatMap((host) => host.answerHandler() ?? []);
    this.#series = new RunSeries(run.at);
    this.#timeline = new RunTimeline(run.at);
    this.#faults = new FaultWindows(run.at, run.bounds.recoveryNs);
    this.#degrading = new Degrading(this.#faults);
    this.#load = new LoadAccount(run);
    this.#starvation = new Starvation(run.bounds.stalenessNs);
    this.#costs = new Costs(run);
  }

  /** Throws KVP_E_HISTORY_INVALID for a record that goes back in time or names a prompt that was not recorded. */
  take(record: HistoryRecord): void {
    if (record.at < this.#at) {
      throw new UsageError("KVP_E_HISTORY_INVALID", `it goes back in time by ${(this.#at - record.at) / 1e6} ms`);
    }
    this.#at = record.at;
    this.#truth.apply(record);
    this.#faults.note(record);
    this.#recoveries.note(record);
    if (record.k === "query") this.#query(record);
    else if (record.k === "route") this.#route(record);
    else if (record.k === "engine") this.#life(record);
    else if (record.k === "resource") this.#starvation.note(record);
    else if (record.k === "phase") this.#measures.entered(record.name, record.at);
    for (const handle of this.#handlersOf(record.k)) handle(record);
    if (!this.#statistics) return;
    this.#load.note(record);
    this.#costs.note(record);
    this.#series.note(record);
    this.#timeline.note(record);
    this.#degrading.note(record);
  }

  report(records: number): JudgeReport {
    const endAt = Math.max(this.#at, this.#run.at);
    for (const host of this.#hosts) host.finish(endAt);
    const broken = this.#validity.truthIsBroken;
    const found = this.#hosts.map((host) => {
      const result = host.result(requiredOpportunities(this.#run, host.property.id), broken);
      return host.property.timed === true ? this.#starvation.excuse(result) : result;
    });
    const properties = [...found, this.#validity.result(found)];
    this.#recoveries.finish();
    this.#recoveries.record(this.#measures);
    this.#load.record(this.#measures);
    const distributions = this.#statistics ? this.#measures.distributions() : [];
    const degradation = this.#degrading.result(endAt);
    const figures = this.#statistics ? this.#figures() : {};
    const thresholds = checkThresholds(
      this.#run.thresholds,
      [...distributions, ...partDistributions(degradation)],
      { ...sharesOf(degradation), ...figures },
      this.#run.sut.capabilities,
    ).map((result) => starvedOf(this.#load.doubted(result), figures.gateway_cpu_wait_share));
    const engines = this.#truth.engines.map((engine) => engine.name);
    return {
      schemaVersion: 3,
      ...runVerdict(properties, thresholds, this.#validity.unasked),
      properties,
      thresholds,
      distributions,
      series: this.#series.series(),
      divergence: this.#divergence.result(engines),
      timeline: this.#timeline.items(endAt),
      faults: this.#recoveries.completed(this.#faults.windows()),
      degradation,
      figures,
      load: this.#load.steps(),
      counts: {
        records,
        engines: engines.length,
        queries: this.#queries,
        requests: this.#requests,
        batches: this.#truth.batches,
        blockOperations: this.#truth.blockOperations,
      },
      durationMs: this.#context.ms(endAt),
    };
  }

  #figures(): Figures {
    const rounded = Object.entries({ ...this.#load.figures(this.#truth), ...this.#costs.figures() });
    return Object.fromEntries(rounded.map(([name, value]) => [name, round(value)]));
  }

  /** Dispatch tables are made on first use, so that kinds nobody looks at cost nothing. */
  #handlersOf(kind: HistoryRecord["k"]): readonly Handler[] {
    let handlers = this.#handlers.get(kind);
    if (handlers === undefined) {
      const own = this.#validity.checker[kind] as Handler | undefined;
      handlers = this.#hosts.flatMap((host) => (host.handler(kind) as Handler | undefined) ?? []);
      if (own !== undefined) handlers.push(own);
      this.#handlers.set(kind, handlers);
    }
    return handlers;
  }

  #query(query: QueryRecord): void {
    this.#queries++;
    if (query.answer === undefined || query.ret - query.inv > MAX_QUESTION_NS) return;
    this.#measures.record("query_ms", query.ret - query.inv, query.inv);
    const prompt = this.#truth.prompts.get(query.prompt);
    const survey = this.#context.survey(prompt, query.inv - this.#run.bounds.stalenessNs, query.ret, query.answer);
    this.#memory.recall(survey);
    const answer: Answer = { query, prompt, survey };
    for (const handle of this.#answerHandlers) handle(answer);
    this.#recoveries.answered(query, survey);
    if (this.#statistics) this.#divergence.note(survey, this.#context.ms(query.ret));
    this.#memory.remember(survey, query.inv);
  }

  /** How long engines take to start, restarts included. */
  #life({ engine, event, at }: EngineRecord): void {
    if (event === "starting") this.#starting.set(engine, at);
    const began = this.#starting.get(engine);
    if (event === "ready" && began !== undefined) this.#measures.record("start_ms", at - began);
  }

  #route(route: RouteRecord): void {
    this.#truth.prompts.get(route.prompt);
    if (!route.dry) this.#requests++;
    if (route.error !== undefined || route.awaited === true) return;
    if (route.dry) this.#measures.record("route_ms", route.ret - route.inv, route.inv);
    else {
      this.#measures.record("served_ms", route.ret - route.due, route.due);
      this.#measures.record("ttft_ms", route.chosenAt - route.due, route.due);
    }
  }
}
