/** Findings and their summary, for people. */
import { type Finding, NOTES, type NoteId, placeText, RULES, type RuleId } from "../lint/finding.js";
import type { LintReport } from "../lint/linter.js";
import { table } from "./table.js";

export function findingLine({ severity, id, place, message }: Finding): string {
  return `${severity === "note" ? "note " : ""}${id}  ${placeText(place)}: ${message}`;
}

export function lintLines(report: LintReport): string[] {
  const lines = table(
    ["stream", "batches", "lives", "dialect"],
    report.streams.map(({ name, batches, lives, dialect }) => [name, String(batches), String(lives), dialect]),
  );
  const counted = Object.entries(report.counts).map(([id, count]) => [
    id,
    String(count),
    id in RULES ? "violation" : "note",
    RULES[id as RuleId] ?? NOTES[id as NoteId],
  ]);
  if (counted.length > 0) lines.push("", ...table(["finding", "times", "", ""], counted));
  lines.push("");
  if (report.batches === 0) lines.push("nothing was read");
  else if (report.violations === 0)
    lines.push(`clean: ${report.batches} batches keep all ${Object.keys(RULES).length} rules`);
  else lines.push(`${report.violations} violations in ${report.batches} batches`);
  return lines;
}
