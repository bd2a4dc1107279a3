/** `summary.md`: what a pull request shows. Kept under GitHub's limit for step summaries. */
import type { JudgeReport } from "../judge/verdict.js";
import { DEGRADATION_HEAD, degradationRows, FAULT_HEAD, faultRows, toldLines } from "./fault-rows.js";
import { formatMs, formatNumber, VERDICT_SIGN, VERDICT_WORD } from "./format.js";
import { DISTRIBUTION_HEAD, distributionRows } from "./html/distributions.js";
import { sortedProperties } from "./html/properties.js";
import type { Scorecard } from "../judge/run-summary.js";
import type { CampaignView, RunView } from "./run-files.js";
import { CELL_SIGN, failures, SCORECARD_LEGEND } from "./scorecard.js";

/** GitHub refuses step summaries above 1024 KiB; half of it leaves room for other steps. */
const MAX_BYTES = 512 * 1024;

const cell = (text: string | number): string => String(text).replaceAll("|", "\\|").replaceAll("\n", " ");
const row = (cells: readonly (string | number)[]): string => `| ${cells.map(cell).join(" | ")} |`;

export function markdownTable(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  return [row(head), row(head.map(() => "---")), ...rows.map(row)].join("\n");
}

export function limited(text: string): string {
  if (Buffer.byteLength(text) <= MAX_BYTES) return text;
  return `${Buffer.from(text).subarray(0, MAX_BYTES).toString()}\n\n… cut at ${MAX_BYTES / 1024} KiB; the report has everything.\n`;
}

function propertyRows(judged: JudgeReport): (string | number)[][] {
  return sortedProperties(judged.properties).map((property) => [
    `${VERDICT_SIGN[property.verdict]} ${VERDICT_WORD[property.verdict]}`,
    property.id,
    property.title,
    formatNumber(property.opportunities),
    formatNumber(property.violationCount),
  ]);
}

function violations(run: RunView): string {
  const lines = (run.judged?.properties ?? []).flatMap((property) =>
    property.violations.slice(0, 3).map((violation) => `- **${property.id}** ${violation.summary}`),
  );
  return lines.length === 0 ? "" : `\n${lines.join("\n")}\n`;
}

export function runMarkdown(run: RunView): string {
  const { summary, judged } = run;
  const parts = [
    `## ${VERDICT_SIGN[summary.verdict]} ${summary.scenario}: ${VERDICT_WORD[summary.verdict]}`,
    summary.headline,
    violations(run),
  ];
  if (judged) {
    parts.push(markdownTable(["verdict", "id", "property", "opportunities", "violations"], propertyRows(judged)));
    if (judged.thresholds.length > 0) {
      const rows = judged.thresholds.map((t) => [
        t.verdict,
        t.measure,
        t.expression,
        t.measured === null ? "–" : formatNumber(t.measured),
      ]);
      parts.push("", markdownTable(["threshold", "measure", "limit", "measured"], rows));
    }
    if (judged.faults.length > 0) {
      parts.push("", markdownTable(FAULT_HEAD, faultRows(judged.faults)));
      parts.push("", markdownTable(DEGRADATION_HEAD, degradationRows(judged.degradation)));
      parts.push("", ...toldLines(judged.faults).map((line) => `- ${line.replaceAll("<", "&lt;")}`));
    }
    const distributions = judged.distributions.filter((distribution) => distribution.count > 0);
    if (distributions.length > 0) parts.push("", markdownTable(DISTRIBUTION_HEAD, distributionRows(distributions)));
  }
  parts.push("", `Seed ${summary.seed}, ${formatMs(summary.durationMs)}. Repeat: \`${summary.repro}\``, "");
  return limited(parts.join("\n"));
}

/** Properties × scenarios, the scenarios by number, and why each failure is one. */
export function scorecardMarkdown(scorecard: Scorecard): string {
  const { sut, scenarios, properties } = scorecard;
  const numbers = scenarios.map((_, i) => String(i + 1));
  const rows = properties.map(({ id, title, cells }) => [
    id,
    title,
    ...cells.map((cell) => (cell === null ? "" : CELL_SIGN[cell.verdict])),
  ]);
  const verdicts = ["", "verdict of the run", ...scenarios.map(({ verdict }) => VERDICT_SIGN[verdict])];
  return [
    `### Scorecard of ${sut.name} ${sut.version}`,
    "",
    SCORECARD_LEGEND,
    "",
    markdownTable(["id", "property", ...numbers], [...rows, verdicts]),
    "",
    scenarios.map(({ scenario }, i) => `${i + 1} ${scenario}`).join(" · "),
    "",
    ...failures(scorecard).map(({ id, scenario, proof }) => `- **${id}** in ${scenario}: ${proof}`),
  ].join("\n");
}

export function campaignMarkdown(view: CampaignView): string {
  const { summary } = view;
  const runs = view.runs.map((run) => [
    `${VERDICT_SIGN[run.summary.verdict]} ${VERDICT_WORD[run.summary.verdict]}`,
    run.summary.scenario,
    run.summary.headline,
    formatMs(run.summary.durationMs),
  ]);
  const properties = summary.properties.map((property) => [
    `${VERDICT_SIGN[property.verdict]} ${VERDICT_WORD[property.verdict]}`,
    property.id,
    property.title,
    formatNumber(property.opportunities),
    formatNumber(property.violations),
  ]);
  return limited(
    [
      `# ${VERDICT_SIGN[summary.verdict]} kvproof: ${VERDICT_WORD[summary.verdict]}`,
      summary.headline,
      "",
      markdownTable(["verdict", "scenario", "what decided it", "took"], runs),
      "",
      scorecardMarkdown(view.scorecard),
      "",
      markdownTable(["verdict", "id", "property", "opportunities", "violations"], properties),
      "",
      `Repeat: \`${summary.repro}\``,
      "",
    ].join("\n"),
  );
}
