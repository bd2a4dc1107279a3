/**
 * A comparison, side by side and here: first the baseline against itself (is this machine quiet enough, now or in a minute?), then pairs of fresh
 * processes in the order ABBA BAAB …, as many as a decision needs. A metric that failed is measured once more with fresh
 * seeds and must fail again. Method and its error rates: docs/testing/performance-guide.md.
 */
import { UnavailableError } from "../base/errors.js";
import {
  control,
  type ControlResult,
  decide,
  DEFAULT_RULES,
  type GateDecision,
  type GateRules,
  pairsToAdd,
} from "../judge/regression/gate.js";
import { METRICS, type Metric, type Sample } from "./measure.js";

export interface Session {
  /** One fresh process; `seed` fixes its work. */
  readonly measure: (side: "baseline" | "candidate", seed: number) => Promise<Sample>;
  readonly seed: number;
  readonly rules?: GateRules;
  /** What to decide on; by default the core's {@link METRICS}. */
  readonly metrics?: readonly Metric[];
  /** The control of an earlier comparison with the same baseline in the same hour. */
  readonly control?: Comparison["control"];
  readonly progress: (line: string) => void;
}

export interface MetricResult extends Omit<GateDecision, "verdict"> {
  readonly metric: string;
  readonly unit: string;
  /** missing: the baseline has it, the candidate does not. new: the other way round, nothing to compare with. */
  readonly verdict: "pass" | "fail" | "inconclusive" | "missing" | "new";
  /** Medians over all pairs, in the metric's unit. */
  readonly baseline: number | null;
  readonly candidate: number | null;
  /** Better by more than the limit: a stale baseline, or a benchmark that stopped doing its work. */
  readonly improved: boolean;
}

export interface Comparison {
  readonly verdict: "pass" | "fail" | "inconclusive";
  readonly limit: number;
  readonly control: Readonly<Record<string, ControlResult>>;
  /** Controls made for it, the last of which counts; 0 = that of an earlier comparison. */
  readonly controlsMade: number;
  readonly metrics: readonly MetricResult[];
}

interface Pair {
  readonly baseline: Sample;
  readonly candidate: Sample;
}

export async function compareBuilds(session: Session): Promise<Comparison> {
  const rules = session.rules ?? DEFAULT_RULES;
  const declared = session.metrics ?? METRICS;
  const { controls, made } = await controlsOf(session, rules, declared);
  const series = new Series(session, rules, session.seed, "comparing");
  /** Metrics that failed in the first series and not in the second. */
  const cleared = new Map<string, MetricResult>();
  const found = (): MetricResult[] => series.results(declared).map((result) => cleared.get(result.metric) ?? result);
  for (;;) {
    await series.measure(declared.filter(({ id }) => !cleared.has(id)));
    const failed = found().filter(({ verdict }) => verdict === "fail");
    if (failed.length === 0) break;
    const suspects = declared.filter(({ id }) => failed.some(({ metric }) => metric === id));
    const again = new Series(session, rules, session.seed + RETRY_SEEDS, "failed, once more");
    await again.measure(suspects);
    for (const result of again.results(suspects)) if (result.verdict !== "fail") cleared.set(result.metric, result);
    if (suspects.some(({ id }) => !cleared.has(id))) break;
  }
  const metrics = found();
  return { verdict: overall(metrics, controls), limit: rules.limit, control: controls, controlsMade: made, metrics };
}

/** Seeds of the second look, far from those of the first. */
const RETRY_SEEDS = 1_000_000;

function overall(metrics: readonly MetricResult[], controls: Comparison["control"]): Comparison["verdict"] {
  if (metrics.some(({ verdict }) => verdict === "missing")) return "fail";
  const noisy = (metric: string): boolean => controls[metric]?.quiet === false;
  // On a machine that finds differences between equal builds, a difference proves nothing; nor does its absence.
  if (metrics.some(({ metric, verdict }) => verdict === "fail" && !noisy(metric))) return "fail";
  return metrics.some(({ metric, verdict }) => verdict === "inconclusive" || noisy(metric)) ? "inconclusive" : "pass";
}

/** What disturbs a machine may pass within a minute: before a session is given up, it is asked again whether it is quiet now. */
const MOST_CONTROLS = 3;

async function controlsOf(
  session: Session,
  rules: GateRules,
  metrics: readonly Metric[],
): Promise<{ readonly controls: Comparison["control"]; readonly made: number }> {
  if (session.control !== undefined) return { controls: session.control, made: 0 };
  for (let made = 1; ; made++) {
    const controls = await controlRun(session, rules, metrics, made === 1 ? "control" : `noisy, control ${made}`);
    if (made === MOST_CONTROLS || Object.values(controls).every(({ quiet }) => quiet)) return { controls, made };
  }
}

async function controlRun(
  session: Session,
  rules: GateRules,
  metrics: readonly Metric[],
  what: string,
): Promise<Record<string, ControlResult>> {
  const pairs: Pair[] = [];
  for (let n = 0; n < rules.firstPairs; n++) {
    session.progress(`${what} (baseline against itself) ${n + 1}/${rules.firstPairs}`);
    const first = await session.measure("baseline", session.seed + n);
    const second = await session.measure("baseline", session.seed + n);
    pairs.push(n % 2 === 0 ? { baseline: first, candidate: second } : { baseline: second, candidate: first });
  }
  const measured = metrics.filter(({ id }) => pairs[0]?.baseline[id] !== undefined);
  return Object.fromEntries(measured.map((metric) => [metric.id, control(differences(metric, pairs), rules)]));
}

/** Pairs of one range of seeds, as many as a decision needs. */
class Series {
  readonly #session: Session;
  readonly #rules: GateRules;
  readonly #seed: number;
  readonly #what: string;
  readonly #pairs: Pair[] = [];

  constructor(session: Session, rules: GateRules, seed: number, what: string) {
    this.#session = session;
    this.#rules = rules;
    this.#seed = seed;
    this.#what = what;
  }

  /** Until each of these metrics is decided or, for then the build is in question already, one has failed. */
  async measure(metrics: readonly Metric[]): Promise<void> {
    const { maxPairs } = this.#rules;
    for (;;) {
      const verdicts = this.#pairs.length === 0 ? ["more"] : this.#judged(metrics).map(({ verdict }) => verdict);
      if (this.#pairs.length >= maxPairs || verdicts.includes("fail") || !verdicts.includes("more")) return;
      for (let more = pairsToAdd(this.#pairs.length, this.#rules); more > 0; more--) {
        const at = this.#pairs.length;
        this.#session.progress(`${this.#what}: pair ${at + 1} (at most ${maxPairs})`);
        this.#pairs.push(await onePair(this.#session, this.#seed + at, at));
      }
    }
  }

  /** What is still open is inconclusive. */
  results(metrics: readonly Metric[]): MetricResult[] {
    return this.#judged(metrics).map((result) => ({
      ...result,
      verdict: result.verdict === "more" ? "inconclusive" : result.verdict,
    }));
  }

  #judged(metrics: readonly Metric[]): Judged[] {
    return metrics.flatMap((metric) => judged(metric, this.#pairs, this.#rules) ?? []);
  }
}

/** Which side goes first: A B, B A, B A, A B, so that a drift of the machine cancels out. */
async function onePair({ measure }: Session, seed: number, index: number): Promise<Pair> {
  if (index % 4 === 0 || index % 4 === 3) {
    const baseline = await measure("baseline", seed);
    return { baseline, candidate: await measure("candidate", seed) };
  }
  const candidate = await measure("candidate", seed);
  return { baseline: await measure("baseline", seed), candidate };
}

type Judged = Omit<MetricResult, "verdict"> & { readonly verdict: MetricResult["verdict"] | "more" };

/** null when neither build knows the metric. */
function judged(metric: Metric, pairs: readonly Pair[], rules: GateRules): Judged | null {
  const baseline = medianOf(pairs.map((pair) => pair.baseline[metric.id]));
  const candidate = medianOf(pairs.map((pair) => pair.candidate[metric.id]));
  if (baseline === null && candidate === null) return null;
  const known = { metric: metric.id, unit: metric.unit, baseline, candidate, improved: false };
  if (baseline === null || candidate === null) {
    const nothing = { pairs: pairs.length, estimate: 0, low: 0, high: 0, confidence: 0, warning: false };
    return { ...known, ...nothing, verdict: candidate === null ? "missing" : "new" };
  }
  const decision = metric.exact ? exactDecision(metric, pairs, rules) : decide(differences(metric, pairs), rules);
  return { ...known, ...decision, improved: decision.high < -Math.log1p(rules.limit) };
}

function exactDecision(metric: Metric, pairs: readonly Pair[], rules: GateRules): GateDecision {
  const values = differences(metric, pairs);
  const estimate = medianOf(values) ?? 0;
  const verdict = estimate > Math.log1p(rules.limit) ? "fail" : "pass";
  return {
    pairs: pairs.length,
    estimate,
    low: Math.min(...values),
    high: Math.max(...values),
    confidence: 1,
    verdict,
    warning: false,
  };
}

/** ln(candidate / baseline), turned so that positive is worse. */
function differences({ id, better }: Metric, pairs: readonly Pair[]): number[] {
  return pairs.map(({ baseline, candidate }) => {
    const [before, after] = [baseline[id], candidate[id]];
    if (before === undefined || after === undefined)
      throw new UnavailableError("KVP_E_BENCHMARK_FAILED", `${id} is given by some runs of a build and not by others`);
    return better === "higher" ? Math.log(before / after) : Math.log(after / before);
  });
}

function medianOf(values: readonly (number | undefined)[]): number | null {
  const known = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  return known.length === 0 ? null : (known[known.length >> 1] as number);
}
