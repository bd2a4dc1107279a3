/** The scorecard of a campaign: one sign per property and scenario; a failure leads to its proof. */
import type { ScorecardCell } from "../../judge/run-summary.js";
import { formatNumber, VERDICT_WORD } from "../format.js";
import type { CampaignView } from "../run-files.js";
import { CELL_SIGN, SCORECARD_LEGEND } from "../scorecard.js";
import { escapeHtml, section } from "./markup.js";

/** Scenarios are numbered, so that the table stays narrow. */
export function scorecardSection({ scorecard, runs }: CampaignView): string {
  const hrefs = runs.map((run) => `${escapeHtml(encodeURI(run.summary.dir))}/report.html`);
  const head = scorecard.scenarios.map((_, i) => `<th scope="col">${i + 1}</th>`).join("");
  const rows = scorecard.properties.map(({ id, title, cells }) => {
    const signs = cells.map((cell, i) => {
      const where = `${id} in ${scorecard.scenarios[i]?.scenario ?? ""}`;
      return cell === null ? "<td></td>" : cellHtml(cell, where, `${hrefs[i] ?? ""}#proof-${escapeHtml(id)}`);
    });
    return `<tr><td title="${escapeHtml(title)}">${escapeHtml(id)}</td>${signs.join("")}</tr>`;
  });
  const names = scorecard.scenarios.map(
    ({ scenario }, i) => `<li><a href="${hrefs[i] ?? ""}">${escapeHtml(scenario)}</a></li>`,
  );
  const lead = `${scorecard.sut.name} ${scorecard.sut.version}. ${SCORECARD_LEGEND}`;
  const table = `<div class="scroll"><table class="matrix"><thead><tr><th scope="col">id</th>${head}</tr></thead><tbody>${rows.join("\n")}</tbody></table></div>`;
  const list = `<details><summary>Scenario numbers</summary><ol>${names.join("")}</ol></details>`;
  return section("matrix", "Scorecard", table + list, lead);
}

function cellHtml(cell: ScorecardCell, where: string, proofHref: string): string {
  const { verdict, opportunities, proof, reason } = cell;
  const word = verdict === "idle" ? "not exercised" : VERDICT_WORD[verdict];
  const why = proof ?? (verdict === "idle" ? undefined : reason);
  const title = `${where}: ${word}, ${formatNumber(opportunities)} opportunities${why === undefined ? "" : `. ${why}`}`;
  const badge = `<span class="badge ${verdict === "idle" ? "" : verdict}">${CELL_SIGN[verdict]}</span>`;
  const inner = verdict === "fail" ? `<a href="${proofHref}">${badge}</a>` : badge;
  return `<td title="${escapeHtml(title)}">${inner}</td>`;
}
