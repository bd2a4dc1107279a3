/** The machine of a local lab, as faults may strain it; ends with the lab whatever is still in force. */
import { join } from "node:path";
import { UnavailableError, UsageError } from "../../../base/errors.js";
import type { HostPort, HostStrain, MemoryLimit } from "../../host.js";
import type { RunRegistry } from "../run-registry.js";
import { EngineLimits } from "./engine-limits.js";
import { FullVolumes } from "./full-volumes.js";
import type { Machine } from "./machine.js";
import { SmallVolume } from "./small-volume.js";
import { CpuStrain, DiskStrain, MemoryStrain, ProcessStrain } from "./strains.js";

export interface LocalHostParts {
  /** Run directory. */
  readonly dir: string;
  readonly runId: string;
  readonly registry: RunRegistry;
  readonly machine: Machine;
  /** What processes write lies on small volumes. */
  readonly volumes: boolean;
  readonly pidOf: (engine: string) => number | null;
}

export class LocalHost implements HostPort {
  readonly #parts: LocalHostParts;
  readonly #inForce = new Set<HostStrain>();
  readonly #volumes = new Map<string, SmallVolume>();

  constructor(parts: LocalHostParts) {
    this.#parts = parts;
  }

  burnCpu(load: { readonly workers: number; readonly loadPercent: number }): Promise<HostStrain> {
    return this.#began(() => new CpuStrain(this.#place, load));
  }
  fillMemory(load: { readonly megabytes: number }): Promise<HostStrain> {
    return this.#began(() => new MemoryStrain(this.#place, load));
  }
  stressDisk(load: { readonly workers: number; readonly megabytes: number }): Promise<HostStrain> {
    return this.#began(() => new DiskStrain(this.#place, load));
  }

  async limitMemory(engines: readonly string[], megabytes: number): Promise<MemoryLimit> {
    const { registry, machine, runId, pidOf } = this.#parts;
    const { memoryGroups } = machine;
    if (memoryGroups === null) throw this.#lacks("host.memory-limit");
    const limits = new EngineLimits(registry, megabytes);
    this.#inForce.add(limits);
    try {
      for (const engine of engines) {
        const pid = pidOf(engine);
        if (pid === null) throw new UnavailableError("KVP_E_PROCESS_EXITED", `engine ${engine} does not run`);
        limits.limit(memoryGroups, runId, { engine, pid });
      }
      return limits;
    } catch (thrown) {
      await limits.end();
      throw thrown;
    }
  }

  async fillVolumes(processes: readonly string[]): Promise<HostStrain> {
    const volumes = processes.map((name) => {
      const volume = this.#volumes.get(name);
      if (volume === undefined)
        throw new UsageError(
          "KVP_E_SCENARIO_IMPOSSIBLE",
          `${name} was not started by this lab with a volume of its own`,
        );
      return volume;
    });
    const strain = await this.#began(() => new FullVolumes(volumes));
    await strain.fill();
    return strain;
  }

  /** Before a process starts: its files go to its own volume, where the lab has such. `name`: engine or "gateway". */
  takeOver(name: string, fileName: string, files: readonly string[]): void {
    if (!this.#parts.volumes) return;
    let volume = this.#volumes.get(name);
    if (volume === undefined) {
      volume = new SmallVolume(join(this.#parts.dir, "volumes", fileName), this.#parts.registry);
      this.#volumes.set(name, volume);
    }
    for (const file of files) volume.takeOver(file);
  }

  /** At the end of the lab, when its processes are gone. */
  async close(): Promise<void> {
    for (const strain of this.#inForce) await strain.end();
    this.#inForce.clear();
    for (const volume of this.#volumes.values()) volume.release();
    this.#volumes.clear();
  }

  /** At once and without waiting; what does not go so stays on record for the next start. */
  kill(): void {
    for (const strain of this.#inForce) if (strain instanceof ProcessStrain) strain.kill();
    for (const [name, volume] of this.#volumes) {
      try {
        volume.release();
        this.#volumes.delete(name);
      } catch {
        // On record.
      }
    }
  }

  get #place(): { dir: string; registry: RunRegistry; stressNg: string | null } {
    const { dir, registry, machine } = this.#parts;
    return { dir, registry, stressNg: machine.stressNg };
  }

  #began<T extends HostStrain>(begin: () => T): Promise<T> {
    return Promise.resolve().then(() => {
      const strain = begin();
      this.#inForce.add(strain);
      return strain;
    });
  }

  #lacks(capability: "host.memory-limit"): UnavailableError {
    return new UnavailableError("KVP_E_HOST", this.#parts.machine.abilities.get(capability) ?? `no ${capability}`);
  }
}
