/** host.oom by Chaos Mesh: the stressor takes what the container may have, the kernel kills the engine; it comes back when that is over. */
import type { ActiveFault, FaultWorld } from "../../faults/fault.js";
import { named, namesOf } from "../../faults/watching.js";
import type { Injected } from "./injected.js";
import type { EffectProbe } from "./probes/probe.js";

/** Engines that ended; the kernel's count is out of reach from here. */
export function deathProbe(world: FaultWorld): EffectProbe {
  const names = namesOf(world.engines);
  const alive = (): string[] => {
    const running = new Set(namesOf(world.lab.engines()));
    return names.filter((name) => running.has(name));
  };
  return {
    seen: async () => (alive().length === 0 ? `${named(names)} ended` : null),
    gone: async () => (alive().length === names.length || world.signal.aborted ? `${named(names)} run again` : null),
  };
}

export class OutOfMemory implements ActiveFault {
  readonly #world: FaultWorld;
  readonly #strain: Injected;

  constructor(world: FaultWorld, strain: Injected) {
    this.#world = world;
    this.#strain = strain;
  }

  effect(): Promise<string | null> {
    return this.#strain.effect();
  }

  async recover(): Promise<void> {
    await this.#strain.recover();
    const world = this.#world;
    if (world.signal.aborted) return;
    const running = new Set(namesOf(world.lab.engines()));
    const dead = namesOf(world.engines).filter((name) => !running.has(name));
    await Promise.all(dead.map((name) => world.orchestrator.startEngine(name)));
  }

  recovered(): Promise<string | null> {
    return this.#strain.recovered();
  }
}
