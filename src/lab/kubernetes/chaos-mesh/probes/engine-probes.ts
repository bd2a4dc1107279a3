/** What engine doubles say of themselves at their lab port: the time on their wall clock, and writes that their disk refused. */
import type { offset } from "../../../faults/clock/offset.js";
import type { step } from "../../../faults/clock/step.js";
import type { Fault, FaultWorld } from "../../../faults/fault.js";
import { named } from "../../../faults/watching.js";
import type { ProbeOf } from "./probe.js";

type ParametersOf<F> = F extends Fault<infer P> ? P : never;

interface LabReport {
  readonly clock: { readonly wall_seconds: number };
  readonly ledger: { readonly refused_writes: number } | null;
}

const MS_PER_S = 1000;
/** Of the offset; the rest is the way there and back. */
const SHOWN_SHARE = 0.9;
const RIGHT_WITHIN_MS = 1_000;

function reports({ lab, engines }: FaultWorld): Promise<LabReport[]> {
  return Promise.all(engines.map(async ({ spec }) => (await lab.control(spec.engine, "")) as LabReport));
}

/** By how much each engine's wall clock is ahead of the runner's. */
async function skewsMs(world: FaultWorld): Promise<number[]> {
  return (await reports(world)).map(({ clock }) => clock.wall_seconds * MS_PER_S - Date.now());
}

export const clockProbe: ProbeOf = async ({ world, parameters }) => {
  const given = parameters as ParametersOf<typeof offset> | ParametersOf<typeof step>;
  const byMs = "back" in given ? given.back : given.by;
  const before = await skewsMs(world);
  const names = world.engines.map(({ spec }) => spec.engine);
  const changes = async (): Promise<number[]> => (await skewsMs(world)).map((skew, i) => skew - (before[i] ?? 0));
  const least = Math.max(1, byMs * SHOWN_SHARE);
  return {
    seen: async () => {
      const skews = await changes();
      if (!skews.every((skew) => Math.abs(skew) >= least)) return null;
      return named(names.map((name, i) => `${name} ${signed((skews[i] ?? 0) / MS_PER_S)} s`));
    },
    gone: async () => {
      const skews = await changes();
      const most = Math.max(...skews.map(Math.abs));
      return most < Math.min(least, RIGHT_WITHIN_MS) ? `wall clocks within ${Math.round(most)} ms of before` : null;
    },
  };
};

function signed(seconds: number): string {
  return `${seconds > 0 ? "+" : ""}${seconds.toFixed(1)}`;
}

export const diskFullProbe: ProbeOf = async ({ world }) => {
  const counts = async (): Promise<number[]> => (await reports(world)).map(({ ledger }) => ledger?.refused_writes ?? 0);
  const names = world.engines.map(({ spec }) => spec.engine);
  const before = await counts();
  let last = before;
  return {
    seen: async () => {
      last = await counts();
      const refused = last.map((count, i) => count - (before[i] ?? 0));
      return refused.every((count) => count > 0)
        ? named(names.map((name, i) => `${name} ${refused[i]} writes refused`))
        : null;
    },
    // A write is tried again and again, so that one that is refused no more shows between two looks.
    gone: async () => {
      const now = await counts();
      const still = now.some((count, i) => count > (last[i] ?? 0));
      last = now;
      return still ? null : `no write refused since; ${named(names)} write again`;
    },
  };
};
