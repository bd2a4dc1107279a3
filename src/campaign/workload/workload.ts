/** Drives the workloads of a plan: requests on an open loop's schedule, whatever became of the ones before. */
import type { Rng } from "../../base/rng.js";
import type { LoadMeter } from "../run/load-meter.js";
import { runOpenLoop } from "../run/open-loop.js";
import type { RunContext } from "../run/run-context.js";
import type { WorkloadSpec } from "../schema/load.js";
import { promptSource } from "./prompt-source.js";

/** Requests until `signal`; resolves when the last one has been answered. */
export async function runWorkloads(context: RunContext, meter: LoadMeter, signal: AbortSignal): Promise<void> {
  await Promise.all(
    context.plan.workloads.map((spec, i) =>
      runWorkload(context, spec, context.rng.fork(`workload ${i}`), { meter, signal }),
    ),
  );
}

async function runWorkload(
  context: RunContext,
  spec: WorkloadSpec,
  rng: Rng,
  { meter, signal }: { readonly meter: LoadMeter; readonly signal: AbortSignal },
): Promise<void> {
  const source = promptSource(context, spec, rng.fork("prompts"));
  const choices = rng.fork("choices");
  await runOpenLoop({
    ratePerS: spec.rate_per_s,
    rng: rng.fork("arrivals"),
    clock: context.clock,
    signal,
    maxInFlight: spec.max_in_flight,
    onDue: () => meter.due(),
    onStart: (latenessNs) => meter.started(latenessNs),
    work: async (dueNs) => {
      const prompt = source.next();
      const maxTokens = choices.int(spec.max_tokens[0], Math.max(...spec.max_tokens));
      const stream = choices.chance(spec.stream_share);
      const { record, output } = await context.openai.complete({ prompt, maxTokens, stream, dueNs });
      if (record.error !== undefined) return;
      context.recent.add(prompt);
      source.answered?.(prompt, output);
    },
  });
}
