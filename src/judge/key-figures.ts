/** The numbers of a run that are worth following from run to run: `measured` in run.json and campaign.json. */
import type { Better } from "./regression/usual.js";
import { THRESHOLD_MEASURES } from "./statistics/measures.js";
import type { Degradation, JudgeReport } from "./verdict.js";

/** What of which distribution; each is known as `<measure> <statistic>`. */
const OF_DISTRIBUTIONS = {
  converge_ms: "max",
  recovery_ms: "max",
  visibility_ms: "p99",
  invalidation_ms: "p99",
  flip_ms: "p99",
  query_ms: "p99",
  served_ms: "p99",
  emit_to_apply_ms: "p99",
} as const;

const OF_FIGURES = [
  "sent_per_s",
  "knee_per_s",
  "lost_batches",
  "gateway_rss_mib",
  "bytes_per_block",
  "cpu_s_per_million_blocks",
] as const;

const HIGHER_IS_BETTER = /^(hit_rate|served_share|sent_per_s|knee_per_s)/;

export type KeyFigures = Readonly<Record<string, number>>;

/** In the order of reports; without what was not measured. Milliseconds, shares from 0 to 1, and as statistics/figures.ts. */
export function keyFigures({
  distributions,
  degradation,
  figures,
}: Pick<JudgeReport, "distributions" | "degradation" | "figures">): KeyFigures {
  const times = Object.entries(OF_DISTRIBUTIONS).flatMap(([measure, statistic]) => {
    const found = distributions.find((distribution) => distribution.measure === measure && distribution.count > 0);
    return found === undefined ? [] : [[`${measure} ${statistic}`, found[statistic]] as const];
  });
  const costs = OF_FIGURES.flatMap((name) => (figures[name] === undefined ? [] : [[name, figures[name]] as const]));
  const all = [...times, ...degradation.flatMap(sharesOf), ...costs];
  return Object.fromEntries(all.filter(([, value]) => Number.isFinite(value)));
}

function sharesOf({ part, hitRate, servedShare }: Degradation): (readonly [string, number])[] {
  return [
    ...(hitRate === null ? [] : [[`hit_rate_${part}`, hitRate] as const]),
    ...(servedShare === null ? [] : [[`served_share_${part}`, servedShare] as const]),
  ];
}

export function betterOf(figure: string): Better {
  return HIGHER_IS_BETTER.test(figure) ? "higher" : "lower";
}

/** In words; empty for what this version does not know. */
export function meaningOf(figure: string): string {
  return THRESHOLD_MEASURES[figure.split(" ")[0] as string] ?? "";
}
