/** One seed: plan, run, verdict, in a form small enough to be sent between threads. */
import { createHash } from "node:crypto";
import type { HashFunctions } from "../../engine/cache/hash-functions.js";
import type { HistoryRecord } from "../../judge/history/records.js";
import { judgeHistory } from "../../judge/judge.js";
import type { JudgeReport } from "../../judge/verdict.js";
import type { SimFaultKind } from "../plan/fault-kinds.js";
import { makePlan, type SimOptions } from "../plan/make-plan.js";
import type { SimPlan } from "../plan/plan.js";
import { simulatePlan } from "../simulate-run.js";

export interface Finding {
  readonly property: string;
  /** The first counter-example, or why no verdict was possible. */
  readonly summary: string;
}

export interface SeedResult {
  readonly seed: number;
  readonly violations: readonly Finding[];
  /** What makes the seed prove nothing: a checker that threw, a broken truth. */
  readonly doubts: readonly Finding[];
  readonly opportunities: Readonly<Record<string, number>>;
  /** Faults that had an effect. */
  readonly faults: Partial<Record<SimFaultKind, number>>;
  readonly records: number;
  readonly batches: number;
  /** SHA-256 of the history as NDJSON, hexadecimal; null unless asked for. */
  readonly digest: string | null;
}

export interface SeedOptions extends SimOptions {
  /** Takes the digest of the history, too. */
  readonly digest?: boolean;
}

export interface JudgedPlan {
  readonly plan: SimPlan;
  readonly history: readonly HistoryRecord[];
  readonly report: JudgeReport;
}

/** `statistics` = with distributions and timelines, for reports. */
export async function judgePlan(plan: SimPlan, hashes: HashFunctions, statistics = false): Promise<JudgedPlan> {
  const history = simulatePlan(plan, hashes);
  return { plan, history, report: await judgeHistory(history, { statistics }) };
}

export async function runSeed(seed: number, hashes: HashFunctions, options: SeedOptions): Promise<SeedResult> {
  return resultOf(await judgePlan(makePlan(seed, options), hashes), options.digest);
}

export function resultOf({ plan, history, report }: JudgedPlan, digest = false): SeedResult {
  const violations: Finding[] = [];
  const doubts: Finding[] = [];
  const opportunities: Record<string, number> = {};
  for (const { id, verdict, reason, violations: found, opportunities: count } of report.properties) {
    opportunities[id] = count;
    if (verdict === "fail") violations.push({ property: id, summary: found[0]?.summary ?? "" });
    else if (verdict === "unknown" && count > 0) doubts.push({ property: id, summary: reason ?? "" });
  }
  const faults: SeedResult["faults"] = {};
  for (const record of history) {
    if (record.k !== "fault" || record.event !== "effective") continue;
    const kind = record.fault as SimFaultKind;
    faults[kind] = (faults[kind] ?? 0) + 1;
  }
  const { records, batches } = report.counts;
  const found = { seed: plan.seed, violations, doubts, opportunities, faults, records, batches };
  return { ...found, digest: digest ? digestOf(history) : null };
}

function digestOf(history: readonly HistoryRecord[]): string {
  const hash = createHash("sha256");
  for (const record of history) hash.update(`${JSON.stringify(record)}\n`);
  return hash.digest("hex");
}
