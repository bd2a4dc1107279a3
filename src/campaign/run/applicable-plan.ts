/**
 * What of a plan applies to the system that is really there: what it does not claim is neither sent nor asked. The judge
 * reports the properties that need it as not applicable.
 */
import type { SutCapabilities } from "../../judge/history/records.js";
import type { Plan } from "../plan/plan.js";
import type { ProbeSpec } from "../schema/load.js";

export function applicablePlan(plan: Plan, capabilities: SutCapabilities): Plan {
  const { lora, salt } = capabilities;
  return {
    ...plan,
    workloads: plan.workloads.map((workload) => ({
      ...workload,
      ...(lora ? {} : { adapter_share: 0 }),
      ...(salt ? {} : { salt_share: 0 }),
    })),
    probes: applicableProbes(plan.probes, capabilities),
  };
}

function applicableProbes(probes: ProbeSpec, { match, route, proxy, lora, salt }: SutCapabilities): ProbeSpec {
  return {
    ...probes,
    ...(lora ? {} : { adapter_share: 0 }),
    ...(salt ? {} : { salt_share: 0 }),
    ...(match
      ? {}
      : {
          sample_per_s: 0,
          visibility_per_s: 0,
          invalidation_per_s: 0,
          isolation_per_s: 0,
          suffix_per_s: 0,
          cross_per_s: 0,
        }),
    ...(route ? {} : { route_per_s: 0, flip_per_s: 0 }),
    ...(route || proxy ? {} : { follow_per_s: 0 }),
  };
}
