/** Properties with their proofs, failures first; thresholds; the log of what was measured. */
import type { JudgeReport, PropertyResult } from "../../judge/verdict.js";
import { formatNumber } from "../format.js";
import { badge, escapeHtml, jsonBlock, markup, section, table } from "./markup.js";

const ORDER = { fail: 0, unknown: 1, pass: 2, "not-applicable": 3 } as const;

/** Nothing happened that could have violated it, and nobody asked that something should: neither good nor bad news. */
export function isIdle({ verdict, opportunities, required }: PropertyResult): boolean {
  return verdict === "unknown" && opportunities === 0 && required === 0;
}

function rank(property: PropertyResult): number {
  return isIdle(property) ? ORDER["not-applicable"] : ORDER[property.verdict];
}

export function sortedProperties(properties: readonly PropertyResult[]): PropertyResult[] {
  return [...properties].sort((a, b) => rank(a) - rank(b) || a.id.localeCompare(b.id, "en", { numeric: true }));
}

function measuredText(property: PropertyResult): string {
  if (isIdle(property)) return "";
  const measured = Object.entries(property.measured ?? {}).map(
    ([name, value]) => `${name} = ${typeof value === "number" ? formatNumber(value) : value}`,
  );
  return [...(property.reason ? [property.reason.split("\n")[0] as string] : []), ...measured].join("; ");
}

function proofs(property: PropertyResult): string {
  if (property.violations.length === 0) return "";
  const items = property.violations
    .map(
      (violation) =>
        `<div class="proof"><p>${escapeHtml(violation.summary)}</p><details><summary>Proof</summary>${jsonBlock(violation.proof)}</details></div>`,
    )
    .join("\n");
  const more =
    property.violationCount > property.violations.length
      ? ` (${property.violations.length} of ${formatNumber(property.violationCount)} shown)`
      : "";
  return `<h3 id="proof-${escapeHtml(property.id)}">${escapeHtml(property.id)} ${escapeHtml(property.title)}: counter-examples${more}</h3><p class="muted">${escapeHtml(property.statement)}</p>${items}`;
}

export function propertiesSection(judged: JudgeReport): string {
  const properties = sortedProperties(judged.properties);
  const rows = properties.map((property) => [
    isIdle(property) ? markup('<span class="badge">· not exercised</span>') : badge(property.verdict),
    markup(`<strong>${escapeHtml(property.id)}</strong>`),
    markup(
      `${escapeHtml(property.title)}<details><summary>statement</summary>${escapeHtml(property.statement)}</details>`,
    ),
    formatNumber(property.opportunities),
    formatNumber(property.violationCount),
    measuredText(property),
  ]);
  const failing = properties.map(proofs).join("");
  return section(
    "properties",
    "Properties",
    failing + table(["verdict", "id", "property", "opportunities", "violations", "measured"], rows),
    "Opportunities count how often the property could have been violated; none means that nothing was proven.",
  );
}

export function thresholdsSection(judged: JudgeReport): string {
  if (judged.thresholds.length === 0) return "";
  const rows = judged.thresholds.map((threshold) => [
    badge(threshold.verdict),
    threshold.measure,
    threshold.expression,
    threshold.measured === null ? "–" : formatNumber(threshold.measured),
  ]);
  return section("thresholds", "Thresholds", table(["verdict", "measure", "limit", "measured"], rows));
}
