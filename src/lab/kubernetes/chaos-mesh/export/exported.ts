/** A scenario's faults, ready to be written down for a Chaos Mesh that works without us: by labels of deploy/base, not by pod names. */
import type { ChaosPod, Place } from "../translate/place.js";
import { translate } from "../translate/translate.js";
import type { Translated } from "../translate/translation.js";

/** What an export needs to know of a planned fault. */
export interface FaultToExport {
  readonly id: string;
  readonly kind: string;
  readonly target: string;
  readonly atMs: number;
  readonly forMs: number;
  readonly parameters: object;
  /** How many engines of the fleet it is aimed at; 0 for gateway and host. */
  readonly hits: number;
}

export interface ScenarioToExport {
  readonly id: string;
  readonly title: string;
  readonly engines: number;
  readonly healMs: number;
  readonly faults: readonly FaultToExport[];
}

export interface ExportedFault extends FaultToExport {
  readonly becomes: Translated;
}

export interface ExportedScenario extends ScenarioToExport {
  /** DNS-1123; names the objects and the file. */
  readonly name: string;
  readonly namespace: string;
  readonly faults: readonly ExportedFault[];
}

export interface LeftOut {
  readonly id: string;
  readonly reason: string;
}

/** As deploy/base labels its pods. */
const ROLE = "kvproof.dev/role";
const MAX_NAME = 50;

/** The scenario in terms of Chaos Mesh, or why not: a scenario without one of its faults would be another one. */
export function exported(scenario: ScenarioToExport, namespace: string): ExportedScenario | LeftOut {
  const faults: ExportedFault[] = [];
  for (const fault of scenario.faults) {
    const becomes = translate(fault.kind, fault.parameters, placeOf(scenario, fault, namespace));
    if ("refused" in becomes) return { id: scenario.id, reason: `${fault.kind}: ${becomes.refused}` };
    faults.push({ ...fault, becomes });
  }
  return { ...scenario, name: nameOf(scenario.id), namespace, faults };
}

function placeOf({ engines }: ScenarioToExport, { target, hits }: FaultToExport, namespace: string): Place {
  const pod = (role: "engine" | "gateway"): ChaosPod => ({
    ref: { by: "label", key: ROLE, value: role },
    container: role,
    // Neither is known of a cluster that is not there yet.
    volumePath: null,
    memoryLimitMiB: null,
  });
  const many = (count: number): ChaosPod[] => Array.from({ length: count }, () => pod("engine"));
  const gateway = [pod("gateway")];
  const aim = target === "gateway" || target === "host" ? target : "engines";
  return {
    namespace,
    aim,
    targets: aim === "engines" ? many(hits) : aim === "gateway" ? gateway : [],
    choose: chooseOf(aim === "engines" ? hits : engines, engines),
    consumers: gateway,
    all: [...many(engines), ...gateway],
  };
}

/** A label selects all engines; a target that means fewer becomes so many of them. */
function chooseOf(hits: number, engines: number): Place["choose"] {
  if (hits >= engines) return { mode: "all" };
  return hits === 1 ? { mode: "one" } : { mode: "fixed", value: String(hits) };
}

function nameOf(id: string): string {
  return `kvproof-${id.replace(/^chaos\//, "")}`
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, "-")
    .slice(0, MAX_NAME)
    .replace(/-+$/, "");
}

/** What is not quite the same as in a run of kvproof, each line once. */
export function differencesOf({ faults, engines }: ExportedScenario): string[] {
  const some = faults.filter(({ hits }) => hits > 0 && hits < engines);
  const random = some.map(
    ({ id, hits, target }) => `${id}: ${target} becomes ${hits} of the engines, chosen at random`,
  );
  return [...new Set([...faults.flatMap(({ becomes }) => becomes.differs), ...random])];
}
