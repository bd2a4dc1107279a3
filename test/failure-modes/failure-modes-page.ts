/** docs/testing/failure-modes.md: every failure mode, what covers it, and the share covered. */
import { loadDefects } from "../mutants/load-defects.js";
import { type CoveredMode, coverageOf, inventory, shareCovered } from "./coverage.js";
import { SECTIONS } from "./sections.js";

export async function failureModesPage(): Promise<string> {
  const have = inventory(await loadDefects());
  const sections = SECTIONS.map((section) => ({
    ...section,
    covered: section.modes.map((mode) => coverageOf(mode, have)),
  }));
  const all = sections.flatMap(({ covered }) => covered);
  return [
    "# Failure modes",
    "",
    "Everything that is known to go wrong around KV events, and where this project lets it happen and judges what a router makes of it. Generated",
    "from `test/failure-modes` (`npm run docs`): a cover is listed only if its file exists and really has that fault, defect or test.",
    "",
    `**${percent(all)} of ${applicable(all)} failure modes are covered** (the gate wants 80 %).`,
    "",
    table(
      [
        "",
        "modes",
        "covered",
        "by experiments",
        "by scenarios",
        "by simulation",
        "by seeded defects",
        "not applicable",
      ],
      [...sections.map(({ title, covered }) => [title, ...counts(covered)]), ["**all**", ...counts(all)]],
    ),
    "",
    "| covered by | what it is | run with |",
    "| --- | --- | --- |",
    "| experiment | a fault on purpose, on real processes ([runbook](chaos-runbook.md)) | `npm run chaos` |",
    "| scenario | an end-to-end scenario without faults ([guide](e2e-guide.md)) | `npm run e2e` |",
    "| simulation | an anomaly on the virtual clock, chosen by seeds | `kvproof simulate` |",
    "| seeded defect | a router that is broken in this way must be found | `npm run mutants` |",
    "| test | of the part itself | `npm test` |",
    "",
    ...sections.flatMap(({ title, lead, covered }) => [
      `## ${title}`,
      "",
      lead,
      "",
      table(
        ["id", "what goes wrong", "covered by"],
        covered.map((mode) => [mode.id, mode.what, coverText(mode)]),
      ),
      "",
    ]),
  ].join("\n");
}

function coverText(mode: CoveredMode): string {
  if (mode.notApplicable !== undefined) return `not applicable: ${mode.notApplicable}`;
  const parts = [
    list("experiment", mode.experiments.map(short)),
    list("scenario", mode.scenarios.map(short)),
    list("simulation", mode.anomalies),
    list("seeded defect", mode.mutants),
    list("test", mode.tests),
  ].filter((part) => part !== "");
  return parts.length === 0 ? `**not covered**${mode.open === undefined ? "" : `: ${mode.open}`}` : parts.join("; ");
}

const MAX_NAMED = 5;

function list(what: string, names: readonly string[]): string {
  if (names.length === 0) return "";
  const shown = names.slice(0, MAX_NAMED).map((name) => `\`${name}\``);
  const more = names.length > MAX_NAMED ? ` and ${names.length - MAX_NAMED} more` : "";
  return `${what} ${shown.join(", ")}${more}`;
}

function short(id: string): string {
  return id.slice(id.indexOf("/") + 1);
}

function counts(modes: readonly CoveredMode[]): string[] {
  const by = (key: "experiments" | "scenarios" | "anomalies" | "mutants"): string =>
    String(modes.filter((mode) => mode[key].length > 0).length);
  return [
    String(modes.length),
    percent(modes),
    by("experiments"),
    by("scenarios"),
    by("anomalies"),
    by("mutants"),
    String(modes.length - applicable(modes)),
  ];
}

function applicable(modes: readonly CoveredMode[]): number {
  return modes.filter((mode) => mode.notApplicable === undefined).length;
}

/** Rounded down: 100 % means all. */
function percent(modes: readonly CoveredMode[]): string {
  return `${Math.floor(shareCovered(modes) * 100)} %`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
