/** CPU and memory of the containers, by their cgroups: what a stressor takes is charged to the container that it was put into. */
import { UnavailableError } from "../../../../base/errors.js";
import type { cpu } from "../../../faults/host/cpu.js";
import type { memory } from "../../../faults/host/memory.js";
import type { Fault } from "../../../faults/fault.js";
import type { EffectProbe, ProbeOf, ProbeParts } from "./probe.js";

type ParametersOf<F> = F extends Fault<infer P> ? P : never;

interface Usage {
  readonly cpuNs: number;
  readonly bytes: number;
  readonly cpus: number;
  readonly atMs: number;
}

/** cgroup v2, then v1. */
const LOOK = `
const fs=require("fs"),os=require("os"),r=f=>{try{return fs.readFileSync("/sys/fs/cgroup/"+f,"utf8")}catch{return null}};
const s=r("cpu.stat"),u=s&&/usage_usec (\\d+)/.exec(s);
const c=u?u[1]*1e3:+(r("cpuacct/cpuacct.usage")??r("cpu,cpuacct/cpuacct.usage")??NaN);
console.log(JSON.stringify({cpuNs:c,bytes:+(r("memory.current")??r("memory/memory.usage_in_bytes")??NaN),cpus:os.availableParallelism()}));
`;

const BYTES_PER_MIB = 1024 * 1024;
/** Of what is asked for: stressors start one after the other, and share the cores with all others. */
const SHOWN_SHARE = 0.5;
const NS_PER_MS = 1e6;
/** Less time between two readings says nothing of a rate. */
const LEAST_SPAN_MS = 200;

export const cpuProbe: ProbeOf = async (parts) => {
  const { workers, load } = parts.parameters as ParametersOf<typeof cpu>;
  let last = await looks(parts);
  const rate = async (): Promise<{ cores: number; cpus: number } | null> => {
    const now = await looks(parts);
    const since = last;
    const spanMs = (now[0]?.atMs ?? 0) - (since[0]?.atMs ?? 0);
    if (spanMs < LEAST_SPAN_MS) return null;
    last = now;
    const cores =
      now.reduce((sum, { cpuNs }, i) => sum + (cpuNs - (since[i]?.cpuNs ?? cpuNs)), 0) / (spanMs * NS_PER_MS);
    return { cores, cpus: now[0]?.cpus ?? 1 };
  };
  const idle = (await rateAfterAWhile(rate))?.cores ?? 0;
  const wanted = (cpus: number): number => SHOWN_SHARE * Math.min((workers * load) / 100, Math.max(0.5, cpus - idle));
  return {
    seen: async () => {
      const used = await rate();
      if (used === null || used.cores - idle < wanted(used.cpus)) return null;
      return `containers use ${used.cores.toFixed(1)} of ${used.cpus} cores, ${idle.toFixed(1)} before`;
    },
    gone: async () => {
      const used = await rate();
      if (used === null || used.cores - idle >= wanted(used.cpus)) return null;
      return `containers use ${used.cores.toFixed(1)} cores`;
    },
  };
};

export const memoryProbe: ProbeOf = async (parts) => {
  const { megabytes } = parts.parameters as ParametersOf<typeof memory>;
  const total = (usages: readonly Usage[]): number => usages.reduce((sum, { bytes }) => sum + bytes, 0) / BYTES_PER_MIB;
  const before = total(await looks(parts));
  return memoryEffect(async () => total(await looks(parts)) - before, megabytes);
};

function memoryEffect(more: () => Promise<number>, megabytes: number): EffectProbe {
  return {
    seen: async () => {
      const held = await more();
      return held >= SHOWN_SHARE * megabytes ? `containers hold ${Math.round(held)} MiB more than before` : null;
    },
    gone: async () => {
      const held = await more();
      return held < SHOWN_SHARE * megabytes ? `containers hold ${Math.round(held)} MiB more than before` : null;
    },
  };
}

async function rateAfterAWhile<T>(rate: () => Promise<T | null>): Promise<T | null> {
  for (let i = 0; i < 20; i++) {
    const found = await rate();
    if (found !== null) return found;
  }
  return null;
}

async function looks({ place, shell }: ProbeParts): Promise<readonly Usage[]> {
  const named = place.all.flatMap(({ ref, container }) => (ref.by === "name" ? [{ pod: ref.name, container }] : []));
  return Promise.all(
    named.map(async ({ pod, container }) => {
      const usage = JSON.parse(await shell.node(pod, container, LOOK, [])) as Omit<Usage, "atMs">;
      // NaN is null in JSON.
      if (!Number.isFinite(usage.cpuNs) || !Number.isFinite(usage.bytes))
        throw new UnavailableError("KVP_E_CHAOS_MESH", `the cgroup of ${container} in pod ${pod} cannot be read`);
      return { ...usage, atMs: performance.now() };
    }),
  );
}
