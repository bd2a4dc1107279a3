/** CPU, memory and disks of the run's nodes under load by pods of stressors, and what shows that they feel it. */
import { UnavailableError } from "../../../base/errors.js";
import type { HostStrain } from "../../host.js";
import type { StressPods } from "./stress-pods.js";
import type { StressUsage } from "./stress-usage.js";

const BYTES_PER_MEGABYTE = 1024 * 1024;
/** Burners that get less than this share of what they asked for have no effect. */
const MIN_CPU_SHARE = 0.2;
const MIN_MEMORY_SHARE = 0.9;
/** CPU time is counted in ticks of 10 ms. */
const MIN_LOOK_S = 0.5;
const MIN_WRITTEN_MEGABYTES = 4;

/** What a look shows; null = nothing to see yet. */
type Reading = (usage: StressUsage, elapsedS: number) => string | null;

export class PodStrain implements HostStrain {
  readonly #pods: StressPods;
  readonly #read: Reading;
  #last = "never measured";

  constructor(pods: StressPods, read: Reading) {
    this.#pods = pods;
    this.#read = read;
  }

  async seen(): Promise<string | null> {
    const failure = this.#pods.failure();
    if (failure !== null) throw new UnavailableError("KVP_E_CLUSTER", failure);
    const usage = await this.#pods.usage();
    const shown = this.#read(usage, this.#pods.elapsedS);
    if (shown === null) return null;
    this.#last = `${usage.processes} stressors on ${this.#pods.nodes.join(", ")} ${shown}`;
    return this.#last;
  }

  end(): Promise<void> {
    return this.#pods.end();
  }

  gone(): Promise<string | null> {
    return Promise.resolve(this.#pods.left > 0 ? null : `no stress pod is left; before: ${this.#last}`);
  }
}

/** `cores`: of all nodes that are strained. */
export function cpuReading(asked: number, cores: number): Reading {
  return ({ cpuSeconds }, elapsedS) => {
    const used = cpuSeconds / elapsedS;
    if (elapsedS < MIN_LOOK_S || used < Math.min(asked, cores) * MIN_CPU_SHARE) return null;
    return `use ${used.toFixed(2)} cores`;
  };
}

export function memoryReading(megabytes: number): Reading {
  return ({ rssBytes }) => {
    const held = Math.round(rssBytes / BYTES_PER_MEGABYTE);
    return held < megabytes * MIN_MEMORY_SHARE ? null : `hold ${held} MiB`;
  };
}

export const diskReading: Reading = ({ writtenBytes }, elapsedS) => {
  const written = writtenBytes / BYTES_PER_MEGABYTE;
  if (written < MIN_WRITTEN_MEGABYTES) return null;
  return `wrote ${Math.round(written)} MiB with an fsync for each, ${(written / elapsedS).toFixed(0)} MiB/s`;
};
