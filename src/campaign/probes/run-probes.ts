/** All probes of a plan, each on an open loop of its own. A probe that fails is a defect of the run, not of the router. */
import { KvproofError } from "../../base/errors.js";
import { runOpenLoop } from "../run/open-loop.js";
import type { RunContext } from "../run/run-context.js";
import { probeInvalidation, probeIsolation, probeVisibility } from "./latency-probes.js";
import { ProbeKit } from "./probe-kit.js";
import { probeCross, probeDryRoute, probeSample, probeSuffix } from "./question-probes.js";
import { probeFlip, probeFollow } from "./routing-probes.js";

const MAX_IN_FLIGHT = 24;

type Probe = (kit: ProbeKit, n: number) => Promise<void>;

/** Probes until `signal`; resolves when the last one has ended. */
export async function runProbes(context: RunContext, signal: AbortSignal): Promise<void> {
  const { probes } = context.plan;
  const all: readonly (readonly [name: string, ratePerS: number, probe: Probe])[] = [
    ["sample", probes.sample_per_s, probeSample],
    ["visibility", probes.visibility_per_s, probeVisibility],
    ["invalidation", probes.invalidation_per_s, probeInvalidation],
    ["isolation", probes.isolation_per_s, probeIsolation],
    ["suffix", probes.suffix_per_s, probeSuffix],
    ["cross", probes.cross_per_s, probeCross],
    ["route", probes.route_per_s, probeDryRoute],
    ["follow", probes.follow_per_s, probeFollow],
    ["flip", probes.flip_per_s, probeFlip],
  ];
  await Promise.all(all.map(([name, ratePerS, probe]) => runProbe(context, signal, { name, ratePerS, probe })));
}

async function runProbe(
  context: RunContext,
  signal: AbortSignal,
  { name, ratePerS, probe }: { readonly name: string; readonly ratePerS: number; readonly probe: Probe },
): Promise<void> {
  const rng = context.rng.fork(`probe ${name}`);
  const kit = new ProbeKit(context, rng.fork("draws"));
  let n = 0;
  await runOpenLoop({
    ratePerS,
    rng: rng.fork("arrivals"),
    clock: context.clock,
    signal,
    maxInFlight: MAX_IN_FLIGHT,
    work: () => probe(kit, n++).catch((thrown: unknown) => excuse(context, name, thrown)),
  });
}

/**
 * An engine that is stopped while a probe steers it refuses the call; that is part of the scenario. What it had stored or
 * evicted by then is in its ledger all the same.
 */
function excuse(context: RunContext, name: string, thrown: unknown): void {
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  if (
    !(thrown instanceof Error) ||
    thrown instanceof TypeError ||
    (thrown instanceof KvproofError && thrown.exitCode === 70)
  )
    throw thrown;
  context.recorder.record({
    k: "mark",
    at: context.clock.nowNs(),
    name: "probe-interrupted",
    detail: `${name}: ${detail}`,
  });
}
