/** The shape of a scenario file (docs/testing). Strict: what is not known here is an error, never ignored. */
import { z } from "zod";
import { duration } from "../../base/duration.js";
import { faults } from "./faults.js";
import { fleet, gateway } from "./fleet.js";
import { probes, workload } from "./load.js";
import { step } from "./steps.js";

const phases = z.strictObject({
  warmup: duration.prefault("1s").meta({ description: "Load runs, latencies are kept apart" }),
  steady: duration
    .prefault("8s")
    .meta({ description: "Load runs, steps happen; lasts at least until the last step is done" }),
  fault: duration.optional().meta({
    description: "Load runs, faults happen; lasts at least until the last fault is over. Default 5s, 0 without",
  }),
  heal: duration.optional().meta({ description: "Load runs on after the faults. Default 2s, 0 without faults" }),
});

const bounds = z.strictObject({
  staleness: duration.prefault("500ms").meta({ description: "How late an answer may be" }),
  recovery: duration.prefault("3s").meta({ description: "Time to converge after the last disturbance" }),
  gap: duration.prefault("1s").meta({ description: "Time in which a gap is replayed or the stream marked" }),
  departure: duration
    .prefault("1s")
    .meta({ description: "Time in which a removed or restarted engine's entries are gone" }),
  adapter: duration
    .prefault("2500ms")
    .meta({ description: "Time after an adapter change that is not judged for freshness" }),
  silence: duration
    .prefault("5s")
    .meta({ description: "Time for which a stream that cannot be heard may be called live (silence-is-noticed)" }),
});

const expectations = z.strictObject({
  opportunities: z
    .record(z.string(), z.int().min(0))
    .default({})
    .meta({ description: "Property id → fewest opportunities; fewer means that the run proved nothing" }),
  thresholds: z
    .record(z.string(), z.array(z.string()).min(1))
    .default({})
    .meta({ description: 'Measure → expressions: ["p99 < 50"]' }),
  marks: z.array(z.string()).default([]).meta({ description: "Marks that must have been recorded" }),
});

/** The few things of a scenario that a tiny real engine cannot have, said anew; everything else is scaled by rule. */
const onRealEngines = z.strictObject({
  fleet: fleet.optional(),
  steps: z.array(step).max(1000).optional(),
  opportunities: z.record(z.string(), z.int().min(0)).optional(),
});

export const scenarioSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]*(\/[a-z0-9][a-z0-9-]*)*$/, {
    error: "an id such as e2e/happy-path: lower case, digits, dashes, slashes",
  }),
  title: z.string().min(1),
  description: z.string().optional(),
  fleet,
  gateway: gateway.prefault({}),
  workload,
  probes: probes.prefault({}),
  phases: phases.prefault({}),
  steps: z.array(step).max(1000).default([]),
  faults,
  bounds: bounds.prefault({}),
  checks: z.array(z.string()).default([]).meta({ description: "Extra checks of this scenario" }),
  expect: expectations.prefault({}),
  with: z
    .strictObject({ vllm: onRealEngines.optional() })
    .optional()
    .meta({ description: "What takes the place of fleet, steps or expect.opportunities under --engine vllm" }),
  seed: z.int().min(0).max(0x7fff_ffff).default(1),
  exclusive: z.boolean().default(false).meta({ description: "Runs alone, never beside other scenarios" }),
});

/** A scenario with defaults filled in; durations in milliseconds. */
export type Scenario = z.infer<typeof scenarioSchema>;

/** JSON Schema for editors. */
export function scenarioJsonSchema(): Record<string, unknown> {
  return { title: "kvproof scenario", ...z.toJSONSchema(scenarioSchema, { io: "input" }) };
}
