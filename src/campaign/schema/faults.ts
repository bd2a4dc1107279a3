/** What breaks, and when (from the start of the fault phase): one variant per kind of the lab's catalogue of faults. */
import { z } from "zod";
import { duration } from "../../base/duration.js";
import { FAULTS } from "../../lab/faults/catalogue.js";
import type { Fault } from "../../lab/faults/fault.js";

/** A fault as written, defaults filled in, durations in milliseconds; what is not common belongs to its kind. */
export interface FaultSpec {
  readonly id: string;
  readonly kind: string;
  readonly target: string;
  readonly at: number;
  readonly for?: number;
  readonly [parameter: string]: unknown;
}

export const COMMON_FAULT_KEYS: ReadonlySet<string> = new Set(["id", "kind", "target", "at", "for"]);
export const MAX_FAULTS = 64;

const EXAMPLES = {
  engines: "engines/*, engines/llama/* or engines/llama/1",
  gateway: "gateway",
  host: "host",
} as const;

const common = {
  id: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,40}$/, { error: "a short name of lower case, digits and dashes" })
    .meta({ description: "Names the fault in the report; each once" }),
  target: z
    .string()
    .regex(/^(engines\/(\*|[^/*]+\/(\*|\d+))|gateway|host)$/, {
      error: `a target such as ${Object.values(EXAMPLES).join(", ")}`,
    })
    .meta({ description: "What it is aimed at" }),
  at: duration.prefault("0s").meta({ description: "Time from the start of the fault phase" }),
  for: duration.optional().meta({ description: "How long it lasts; default: to the end of the phase" }),
};

function variant(fault: Fault): z.ZodObject {
  const aims = fault.targets.map((target) => EXAMPLES[target]).join("; ");
  const needs = fault.needs.length === 0 ? "" : ` Needs: ${fault.needs.join(", ")}.`;
  return z
    .strictObject({ kind: z.literal(fault.kind), ...common, ...fault.parameters.shape })
    .meta({ description: `${fault.does}. Aimed at: ${aims}.${needs}` });
}

const [first, ...rest] = FAULTS.map(variant);

const anyFault: z.ZodType = z.discriminatedUnion("kind", [first as z.ZodObject, ...rest] as Parameters<
  typeof z.discriminatedUnion
>[1]);

export const faults = z
  .array(anyFault as z.ZodType<FaultSpec>)
  .max(MAX_FAULTS)
  .default([])
  .superRefine((list, context) => {
    const seen = new Set<string>();
    for (const [i, { id }] of list.entries()) {
      if (seen.has(id)) context.addIssue({ code: "custom", path: [i, "id"], message: `another fault is called ${id}` });
      seen.add(id);
    }
  });
