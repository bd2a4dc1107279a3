/** docs/testing/chaos-runbook.md: the hand-written head, then every experiment, from its file and the faults that it names. */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { planFaults, targetsIn } from "../../../src/campaign/plan/fault-plan.js";
import { planEngines } from "../../../src/campaign/plan/fleet-plan.js";
import { COMMON_FAULT_KEYS } from "../../../src/campaign/schema/faults.js";
import { readScenarios } from "../../../src/campaign/scenario-files.js";
import type { ScenarioSource } from "../../../src/campaign/schema/scenario-file.js";
import { faultOf } from "../../../src/lab/faults/catalogue.js";
import { quietOf } from "../../../src/lab/faults/quiet.js";
import { type FaultFacts, factsOf } from "./fault-facts.js";

export const EXPERIMENTS_DIR = fileURLToPath(new URL("../experiments", import.meta.url));
const HEAD = fileURLToPath(new URL("runbook-head.md", import.meta.url));
const MS_PER_S = 1000;

export function runbookPage(): string {
  const sources = readScenarios([EXPERIMENTS_DIR]).sort((a, b) => a.scenario.id.localeCompare(b.scenario.id, "en"));
  return [
    readFileSync(HEAD, "utf8").trimEnd(),
    "",
    "## Experiments",
    "",
    table(
      ["experiment", "faults", "what it shows"],
      sources.map(({ scenario }) => [
        `[${nameOf(scenario.id)}](#${nameOf(scenario.id)})`,
        [...new Set(scenario.faults.map(({ kind }) => `\`${kind}\``))].join(", "),
        scenario.title,
      ]),
    ),
    "",
    ...sources.flatMap(experiment),
  ].join("\n");
}

function experiment(source: ScenarioSource): string[] {
  const { scenario, file } = source;
  const faults = planFaults(scenario, 1).faults;
  const facts = faults.map(({ kind, target }) => factsOf(kind, target));
  const written = parametersAsWritten(file);
  return [
    `### ${nameOf(scenario.id)}`,
    "",
    `**${scenario.title}.** ${scenario.description ?? ""}`.trim(),
    "",
    "```bash",
    `node dist/kvproof.js run test/chaos/experiments/${basename(file)}`,
    "```",
    "",
    table(
      ["fault", "does", "aimed at", "begins", "lasts", "with"],
      faults.map(({ id, kind, target, atMs, forMs }) => [
        `${id}: \`${kind}\``,
        faultOf(kind)?.does ?? "",
        `\`${target}\``,
        seconds(atMs),
        seconds(forMs),
        written.get(id) ?? "",
      ]),
    ),
    "",
    `- **Blast radius**: ${blastRadius(source)}; may spread to: ${joined(facts, "spreads")}.`,
    `- **You should see**: ${joined(facts, "shows")}.`,
    `- **Held to**: ${heldTo(source)}.`,
    ...quietReasons(source),
    `- **Cleanup by hand**: ${joined(facts, "cleanup")}.`,
    "",
  ];
}

function blastRadius({ scenario }: ScenarioSource): string {
  const engines = planEngines(scenario.fleet, 1, scenario.seed);
  const parts = [...new Set(scenario.faults.map(({ target }) => target))].map((target) => {
    if (target === "gateway") return "the router";
    if (target === "host") return "this machine";
    return `${targetsIn(target, engines).length} of ${engines.length} engines (\`${target}\`)`;
  });
  return parts.join(", ");
}

function heldTo({ scenario }: ScenarioSource): string {
  const { bounds, expect, checks } = scenario;
  const thresholds = Object.entries({ recovery_ms: ["max <= 30000"], ...expect.thresholds }).map(
    ([measure, expressions]) => expressions.map((expression) => `\`${measure} ${expression}\``).join(", "),
  );
  const asked = checks.map((check) => `check \`${check}\``);
  return [`the recovery bound ρ = ${seconds(bounds.recovery)}`, ...thresholds, ...asked].join("; ");
}

/** Why a fault may be suffered in silence, where the fault says so. */
function quietReasons({ scenario }: ScenarioSource): string[] {
  const reasons = planFaults(scenario, 1).faults.flatMap((fault) => {
    const { log, metric } = quietOf(fault);
    if (log !== undefined && log === metric) return `${fault.id} may leave no trace: ${log}`;
    return [
      ...(log === undefined ? [] : [`${fault.id} may leave no log line: ${log}`]),
      ...(metric === undefined ? [] : [`${fault.id} may move no metric: ${metric}`]),
    ];
  });
  return reasons.length === 0 ? [] : [`- **May be quiet**: ${reasons.join("; ")}.`];
}

function joined(facts: readonly FaultFacts[], key: keyof FaultFacts): string {
  return [...new Set(facts.map((one) => one[key]))].join("; ");
}

/** By fault id: what the file says beyond the common keys, in its own words. */
function parametersAsWritten(file: string): Map<string, string> {
  const { faults = [] } = parse(readFileSync(file, "utf8")) as { faults?: Record<string, unknown>[] };
  return new Map(
    faults.map((fault) => {
      const own = Object.entries(fault).filter(([key]) => key !== "kind" && !COMMON_FAULT_KEYS.has(key));
      return [String(fault.id), own.map(([key, value]) => `${key}: ${String(value)}`).join(", ")];
    }),
  );
}

function seconds(ms: number): string {
  return ms < MS_PER_S ? `${ms} ms` : `${Number((ms / MS_PER_S).toFixed(1))} s`;
}

function nameOf(id: string): string {
  return id.replace(/^chaos\//, "");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
