/** Small volumes, filled to the last byte. */
import type { HostStrain } from "../../host.js";
import { type SmallVolume, VOLUME_MEGABYTES } from "./small-volume.js";

export class FullVolumes implements HostStrain {
  readonly #volumes: readonly SmallVolume[];
  #ended = false;

  constructor(volumes: readonly SmallVolume[]) {
    this.#volumes = volumes;
  }

  async fill(): Promise<void> {
    await Promise.all(this.#volumes.map((volume) => volume.fill()));
  }

  async seen(): Promise<string | null> {
    const refusals = await Promise.all(this.#volumes.map((volume) => volume.refusal()));
    if (refusals.some((refusal) => refusal === null)) return null;
    return `${refusals[0]} on ${refusals.length} of ${refusals.length} volumes (tmpfs of ${VOLUME_MEGABYTES} MiB, 0 bytes free)`;
  }

  end(): Promise<void> {
    this.#ended = true;
    for (const volume of this.#volumes) volume.empty();
    return Promise.resolve();
  }

  async gone(): Promise<string | null> {
    if (!this.#ended) return null;
    const refusals = await Promise.all(this.#volumes.map((volume) => volume.refusal()));
    if (refusals.some((refusal) => refusal !== null)) return null;
    const free = Math.min(...this.#volumes.map(({ freeBytes }) => freeBytes));
    return `the volumes take writes again, at least ${Math.round(free / 1024 / 1024)} MiB free each`;
  }
}
