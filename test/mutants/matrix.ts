/** The detection matrix: what was found by which property, as JSON, Markdown and words. */
import { PROPERTIES, SCENARIO_CHECKS } from "../../src/judge/properties/catalogue.js";
import { foundBy, type Hunt, isFound } from "./hunt.js";

export interface MatrixRow {
  readonly id: string;
  readonly area: string;
  readonly title: string;
  readonly seenIn: string;
  readonly covers: readonly string[];
  /** "simulation", or the scenario on the local lab. */
  readonly where: string;
  readonly found: boolean;
  /** Named properties that failed. */
  readonly foundBy: readonly string[];
  readonly expected: readonly string[];
  /** All that failed, named or not. */
  readonly failed: readonly string[];
  readonly seeds: readonly number[];
  readonly seedsTried: number;
  readonly proof: string | null;
  readonly trouble: string | null;
}

export interface CleanRuns {
  readonly seeds: number;
  readonly findings: readonly { readonly seed: number; readonly failed: readonly string[]; readonly proof: string }[];
}

export interface Matrix {
  readonly schemaVersion: 1;
  /** Of the sources that were hunted. */
  readonly revision: string;
  /** Simulated runs of the gateway without a defect; null = not part of this command. */
  readonly clean: CleanRuns | null;
  readonly rows: readonly MatrixRow[];
}

export function rowOf(hunt: Hunt): MatrixRow {
  const { defect, sightings, seedsTried, failed, trouble } = hunt;
  const { id, area, title, seenIn, covers, scenario } = defect;
  return {
    id,
    area,
    title,
    seenIn,
    covers,
    where: scenario ?? "simulation",
    found: isFound(hunt),
    foundBy: foundBy(hunt),
    expected: defect.foundBy,
    failed: inOrder(failed),
    seeds: sightings.map(({ seed }) => seed),
    seedsTried,
    proof: sightings[0]?.proof ?? null,
    trouble,
  };
}

const ORDER = [...PROPERTIES, ...SCENARIO_CHECKS].map(({ id }) => id);

function inOrder(ids: readonly string[]): string[] {
  return [...ids].sort((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b));
}

/** Reasons for which the gate is closed; none = open. */
export function complaints({ rows, clean }: Matrix): string[] {
  const survivors = rows.filter(({ found }) => !found).map(survivor);
  const findings = (clean?.findings ?? []).map(
    ({ seed, failed, proof }) => `without a defect, seed ${seed} fails ${failed.join(", ")}: ${proof}`,
  );
  return [...survivors, ...findings];
}

function survivor({ id, title, expected, seeds, seedsTried, failed, trouble, where }: MatrixRow): string {
  const seen = seeds.length > 0 ? `seen under one seed only (${seeds[0]})` : "survives";
  const other = failed.length > 0 ? `; other properties failed: ${failed.join(", ")}` : "";
  return `${id} ${seen} in ${where}, ${seedsTried} seeds tried; wanted ${expected.join(" or ")}${other}${trouble ? `; ${trouble}` : ""} (${title})`;
}

/** No times and no proofs in it, so that it changes only when what is found changes. */
export function markdownOf({ rows, clean }: Matrix): string {
  const used = ORDER.filter((id) => rows.some((row) => row.foundBy.includes(id)));
  const found = rows.filter((row) => row.found).length;
  const lines = [`${found} of ${rows.length} defects found, each by a named property under at least two seeds.`];
  if (clean) lines.push("", `Without a defect: ${clean.findings.length} findings in ${clean.seeds} simulated runs.`);
  for (const area of new Set(rows.map((row) => row.area))) {
    lines.push("", `## ${area}`, "", `| defect | what the gateway does wrong | covers | where | ${used.join(" | ")} |`);
    lines.push(`| --- | --- | --- | --- | ${used.map(() => ":-:").join(" | ")} |`);
    for (const row of rows.filter((candidate) => candidate.area === area)) lines.push(markdownRow(row, used));
  }
  const survivors = rows.filter((row) => !row.found);
  lines.push("", "## Survivors", "", survivors.length === 0 ? "None." : "");
  for (const row of survivors) lines.push(`- ${survivor(row)}`);
  return `${lines.join("\n").trimEnd()}\n`;
}

function markdownRow(row: MatrixRow, used: readonly string[]): string {
  const marks = used.map((id) => (row.foundBy.includes(id) ? "●" : row.failed.includes(id) ? "·" : " "));
  const where = row.where.split("/").at(-1);
  return `| ${row.id} | ${row.title} (${row.seenIn}) | ${row.covers.join(" ")} | ${where} | ${marks.join(" | ")} |`;
}
