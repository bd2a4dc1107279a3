/** docs/testing/chaos-mesh.md: the hand-written head, then each kind of fault and what it becomes, from the translation itself. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { planFaults, type PlannedFault } from "../../../src/campaign/plan/fault-plan.js";
import { readScenarios } from "../../../src/campaign/scenario-files.js";
import { FAULTS } from "../../../src/lab/faults/catalogue.js";
import { LINK_PORTS } from "../../../src/lab/links.js";
import { kindRefusal, translate } from "../../../src/lab/kubernetes/chaos-mesh/translate/translate.js";
import { aPlace } from "../../kubernetes/a-place.js";
import { EXPERIMENTS_DIR } from "./runbook-page.js";

const HEAD = fileURLToPath(new URL("chaos-mesh-head.md", import.meta.url));

export function chaosMeshPage(): string {
  const planned = readScenarios([EXPERIMENTS_DIR]).flatMap(({ scenario }) => planFaults(scenario, 1).faults);
  const rows = FAULTS.map(({ kind }) => {
    const refusal = kindRefusal(kind);
    if (refusal !== null) return [`\`${kind}\``, "–", refusal];
    const used = planned.filter((fault) => fault.kind === kind);
    const outcomes = [
      ...used.map((fault) => outcomeOf(kind, fault)),
      ...used.slice(0, 1).map((fault) => outcomeOf(kind, onAllPorts(fault))),
    ];
    return [`\`${kind}\``, unique(outcomes, "becomes").join(", "), unique(outcomes, "but").join("; ")];
  });
  const lines = [["fault", "becomes", "but"], ["---", "---", "---"], ...rows].map(
    (cells) => `| ${cells.join(" | ")} |`,
  );
  return [readFileSync(HEAD, "utf8").trimEnd(), "", "## What each fault becomes", "", ...lines, ""].join("\n");
}

/** An experiment may spare ports, which Chaos Mesh cannot. */
function onAllPorts(fault: PlannedFault): PlannedFault {
  return "ports" in fault.parameters ? { ...fault, parameters: { ...fault.parameters, ports: LINK_PORTS } } : fault;
}

interface Outcome {
  readonly becomes: readonly string[];
  readonly but: readonly string[];
}

function outcomeOf(kind: string, { parameters, target }: PlannedFault): Outcome {
  const aim = target === "gateway" || target === "host" ? target : "engines";
  const result = translate(kind, parameters, aPlace({ engines: ["m/1", "m/2"], aim }));
  if ("refused" in result) return { becomes: [], but: [result.refused] };
  const becomes = result.experiments.map(({ kind: object, spec }) => {
    const { action } = spec as { action?: string };
    return action === undefined ? `\`${object}\`` : `\`${object}\` ${action}`;
  });
  return { becomes, but: result.differs };
}

function unique(outcomes: readonly Outcome[], key: keyof Outcome): string[] {
  return [...new Set(outcomes.flatMap((outcome) => outcome[key]))];
}
