/** A scenario as a Chaos Mesh Workflow: its faults at their times beside each other, then time to heal. */
import { CHAOS_API_VERSION, type ChaosSpec, type Experiment } from "../manifest.js";
import type { ExportedFault, ExportedScenario } from "./exported.js";

export interface Template {
  readonly name: string;
  readonly templateType: string;
  /** A Go duration. What is still going on then is ended. */
  readonly deadline?: string;
  readonly children?: readonly string[];
  readonly [embedded: string]: unknown;
}

export interface WorkflowSpec {
  readonly entry: string;
  readonly templates: readonly Template[];
}

/** Field of a schedule or template that holds the spec of this kind. */
export function embeddedKey(kind: string): string {
  return kind === "IOChaos" ? "ioChaos" : `${kind.charAt(0).toLowerCase()}${kind.slice(1)}`;
}

export function workflowOf(scenario: ExportedScenario): object {
  const { name, namespace } = scenario;
  return {
    apiVersion: CHAOS_API_VERSION,
    kind: "Workflow",
    metadata: { name, namespace, labels: LABELS },
    spec: workflowSpecOf(scenario),
  };
}

export const LABELS = { "app.kubernetes.io/managed-by": "kvproof" } as const;

export function workflowSpecOf({ faults, healMs }: ExportedScenario): WorkflowSpec {
  const lines = faults.map(lineOf);
  const allMs = Math.max(...faults.map(({ atMs, forMs }) => atMs + forMs));
  return {
    entry: "run",
    templates: [
      {
        name: "run",
        templateType: "Serial",
        deadline: seconds(allMs + healMs + SLACK_MS),
        children: ["faults", "heal"],
      },
      {
        name: "faults",
        templateType: "Parallel",
        deadline: seconds(allMs + SLACK_MS),
        children: lines.map(({ entry }) => entry),
      },
      { name: "heal", templateType: "Suspend", deadline: seconds(Math.max(healMs, LEAST_MS)) },
      ...lines.flatMap(({ templates }) => templates),
    ],
  };
}

/** Selecting, injecting and recovering take time of their own. */
const SLACK_MS = 60_000;
const LEAST_MS = 1_000;
const MS_PER_S = 1000;

interface Line {
  readonly entry: string;
  readonly templates: readonly Template[];
}

/** One fault: a wait until its time, then its experiments at once. */
function lineOf(fault: ExportedFault): Line {
  const { id, atMs, becomes } = fault;
  const experiments = becomes.experiments.map((experiment, i) => {
    const name = becomes.experiments.length === 1 ? id : `${id}-${i + 1}`;
    return experimentTemplate(name, experiment, fault);
  });
  const [only] = experiments;
  const group: Line =
    experiments.length === 1 && only !== undefined
      ? { entry: only.name, templates: [only] }
      : {
          entry: `${id}-all`,
          templates: [
            {
              name: `${id}-all`,
              templateType: "Parallel",
              deadline: seconds(fault.forMs + SLACK_MS),
              children: experiments.map(({ name }) => name),
            },
            ...experiments,
          ],
        };
  if (atMs === 0) return group;
  return {
    entry: `${id}-line`,
    templates: [
      {
        name: `${id}-line`,
        templateType: "Serial",
        deadline: seconds(atMs + fault.forMs + SLACK_MS),
        children: [`${id}-wait`, group.entry],
      },
      { name: `${id}-wait`, templateType: "Suspend", deadline: seconds(atMs) },
      ...group.templates,
    ],
  };
}

/** In a workflow the deadline ends an experiment; a duration of its own is refused by the webhook. */
function experimentTemplate(name: string, { kind, spec }: Experiment, { forMs, becomes }: ExportedFault): Template {
  const deadline = seconds(Math.max(forMs, LEAST_MS));
  if (becomes.everyMs === null) return { name, templateType: kind, deadline, [embeddedKey(kind)]: spec };
  return { name, templateType: "Schedule", deadline, schedule: repeated(kind, spec, becomes.everyMs) };
}

function repeated(kind: string, spec: ChaosSpec, everyMs: number): object {
  return {
    schedule: `@every ${seconds(everyMs)}`,
    type: kind,
    concurrencyPolicy: "Allow",
    historyLimit: 1,
    [embeddedKey(kind)]: spec,
  };
}

/** Whole seconds, upwards: cron and deadlines of Chaos Mesh know nothing finer. */
export function seconds(ms: number): string {
  return `${Math.ceil(ms / MS_PER_S)}s`;
}
