/** Trends in words: the same on the terminal, in Markdown and on the page. */
import { formatNumber, VERDICT_WORD } from "../format.js";
import { type FigureTrend, TOOK } from "./figure-trends.js";
import type { Change, Flake, ScenarioTrend } from "./scenario-trends.js";
import type { StoredRun } from "./stored-campaigns.js";
import type { TrendView } from "./trend-view.js";

export const VERDICT_LEGEND = "✓ pass · ✗ fail · ? unknown · ! broke · ■ interrupted; the newest is on the right";

const day = (time: string): string => time.slice(0, 10);
export const minute = (time: string): string => time.slice(0, 16).replace("T", " ");
export const commitOf = ({ commit }: { readonly commit: string | null }): string => commit ?? "an unknown commit";

/** With what is not as usual: another lab, another system under test. */
export function nameOf({ scenario, lab, sut }: ScenarioTrend): string {
  const where = lab === "local" ? "" : ` in ${lab}`;
  return `${scenario}${where}${sut === "kvproof-gateway" || sut === "none" ? "" : ` against ${sut}`}`;
}

export function passedWords({ passed, decided }: ScenarioTrend): string {
  if (decided === 0) return "none decided";
  return `${passed} of ${decided} (${Math.floor((passed / decided) * 100)} %)`;
}

export function runWords({ startedAt, verdict, headline, ...run }: StoredRun): string {
  return `${minute(startedAt)}, ${commitOf(run)}: ${VERDICT_WORD[verdict]}. ${headline}`;
}

export function sinceWords({ from, to }: Change): string {
  const before = to.commit !== null && to.commit === from.commit ? "on the same commit" : `on ${commitOf(from)}`;
  return `${VERDICT_WORD[to.verdict]} since ${commitOf(to)} (${minute(to.startedAt)}), ${VERDICT_WORD[from.verdict]} before, ${before}`;
}

export function flakeWords({ runs }: Flake): string {
  const [first, last] = [runs[0] as StoredRun, runs.at(-1) as StoredRun];
  const verdicts = runs.map(({ verdict }) => VERDICT_WORD[verdict]).join(", ");
  return `the same program did the same work on ${commitOf(first)} and came to ${verdicts} (${day(first.startedAt)} to ${day(last.startedAt)})`;
}

/** `18.1, usual 17.2: 5.2 % worse`; the newest value alone while there is nothing to compare with. */
export function figureWords({ points, against }: FigureTrend): string {
  const value = formatNumber(points.at(-1)?.value ?? Number.NaN);
  if (against === null) return value;
  const { usual, worse } = against;
  if (!Number.isFinite(worse)) return `${value}, usual ${formatNumber(usual)}`;
  const change = `${formatNumber(Math.abs(worse) * 100)} % ${worse < 0 ? "better" : "worse"}`;
  return `${value}, usual ${formatNumber(usual)}: ${Math.abs(worse) < 0.0005 ? "the same" : change}`;
}

export function tookOf({ figures }: ScenarioTrend): FigureTrend | undefined {
  return figures.find(({ name }) => name === TOOK);
}

export interface Look {
  readonly scenario: string;
  readonly what: string;
}

/** What a person should see first: what does not pass and since when, what is left to chance, what became worse. */
export function worthALook({ scenarios }: TrendView): Look[] {
  return scenarios.flatMap((trend) => {
    const last = trend.runs.findLast(({ verdict }) => verdict !== "interrupted");
    const whats = [
      ...(last === undefined || last.verdict === "pass" ? [] : [`${notPassing(trend, last)}: ${last.headline}`]),
      ...trend.flakes.map((flake) => `left to chance: ${flakeWords(flake)}`),
      ...trend.figures
        .filter(({ warning }) => warning)
        .map((figure) => `${figure.name} ${figureWords(figure)}; twice in a row worse than all runs before`),
    ];
    return whats.map((what) => ({ scenario: nameOf(trend), what }));
  });
}

function notPassing({ since, decided }: ScenarioTrend, { verdict }: StoredRun): string {
  if (since !== null) return sinceWords(since);
  return decided === 1
    ? `${VERDICT_WORD[verdict]} in its only run`
    : `${VERDICT_WORD[verdict]} in all of its ${decided} runs`;
}

/** `17 campaigns, 2026-11-20 to 2026-11-24, 9 commits`. */
export function spanWords({ campaigns }: TrendView): string {
  const [first, last] = [campaigns[0], campaigns.at(-1)];
  if (first === undefined || last === undefined) return "no campaigns";
  const commits = new Set(campaigns.flatMap(({ commit }) => commit ?? [])).size;
  const days = [...new Set([day(first.startedAt), day(last.startedAt)])].join(" to ");
  return `${counted(campaigns.length, "campaign")}, ${days}, ${counted(commits, "commit")}`;
}

function counted(count: number, noun: string): string {
  return `${formatNumber(count)} ${noun}${count === 1 ? "" : "s"}`;
}
