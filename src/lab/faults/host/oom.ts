/**
 * host.oom: engines run into a memory limit and the kernel kills them, as it does with a container. Each is put into a memory
 * cgroup and then takes more than it may; the kernel's own count of kills in that group is the effect. They stay down until the
 * fault is over, then the orchestrator starts them again.
 */
import { z } from "zod";
import type { MemoryLimit } from "../../host.js";
import type { ActiveFault, Fault, FaultWorld } from "../fault.js";
import { named, namesOf } from "../watching.js";
import { hostOf } from "./strain.js";

/** How far beyond its limit an engine grows at most: enough for any kernel to act, too little to hurt the machine. */
const BEYOND_LIMIT = 2;

const parameters = z.strictObject({
  megabytes: z
    .int()
    .min(16)
    .max(1024)
    .default(64)
    .meta({ description: "MiB that each engine may take beyond what it has" }),
});
type Parameters = z.infer<typeof parameters>;

export const oom: Fault<Parameters> = {
  kind: "host.oom",
  does: "Engines outgrow the limit of a memory cgroup; the kernel kills them",
  targets: ["engines"],
  needs: ["host.memory-limit", "engine.control", "engine.restart-in-place"],
  parameters,
  async inject(world, { megabytes }) {
    const names = namesOf(world.engines);
    const limit = await hostOf(world).limitMemory(names, megabytes);
    for (const engine of names) world.orchestrator.expectDeath(engine);
    return new OutOfMemory(world, limit, megabytes * BEYOND_LIMIT).grow();
  },
};

class OutOfMemory implements ActiveFault {
  readonly #world: FaultWorld;
  readonly #limit: MemoryLimit;
  readonly #megabytes: number;
  readonly #names: readonly string[];

  constructor(world: FaultWorld, limit: MemoryLimit, megabytes: number) {
    this.#world = world;
    this.#limit = limit;
    this.#megabytes = megabytes;
    this.#names = namesOf(world.engines);
  }

  grow(): this {
    for (const engine of this.#names) {
      // It dies in the middle of the call: how the call ends says nothing.
      const megabytes = this.#limit.growTo?.(engine) ?? this.#megabytes;
      this.#world.lab.control(engine, "memory", { megabytes }).catch(() => undefined);
    }
    return this;
  }

  async effect(): Promise<string | null> {
    const killed = await this.#limit.seen();
    return killed === null || this.#alive().length > 0 ? null : killed;
  }

  async recover(): Promise<void> {
    const survivors = this.#alive();
    await Promise.all(survivors.map((engine) => this.#world.lab.control(engine, "memory", { megabytes: 0 })));
    await this.#limit.end();
    if (this.#world.signal.aborted) return;
    const dead = this.#names.filter((engine) => !survivors.includes(engine));
    await Promise.all(dead.map((engine) => this.#world.orchestrator.startEngine(engine)));
  }

  async recovered(): Promise<string | null> {
    const gone = await this.#limit.gone();
    if (gone === null || this.#world.signal.aborted) return gone;
    if (this.#alive().length < this.#names.length) return null;
    const kills = this.#names.reduce((sum, engine) => sum + this.#limit.kills(engine), 0);
    return `${gone}; ${kills} killed by the kernel; ${named(this.#names)} run again`;
  }

  #alive(): string[] {
    const running = new Set(namesOf(this.#world.lab.engines()));
    return this.#names.filter((engine) => running.has(engine));
  }
}
