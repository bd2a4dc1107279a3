/** Memory cgroups around running engines: each may take so much more, then the kernel ends it. */
import type { MemoryLimit } from "../../host.js";
import type { RunRegistry } from "../run-registry.js";
import { MEMORY_GROUP_KIND, MemoryGroup } from "./memory-group.js";
import type { MemoryGroups } from "./memory-groups.js";

export interface LimitedEngine {
  readonly engine: string;
  readonly pid: number;
}

export class EngineLimits implements MemoryLimit {
  readonly #registry: RunRegistry;
  readonly #megabytes: number;
  readonly #groups = new Map<string, MemoryGroup>();
  readonly #kills = new Map<string, number>();

  /** Nothing is left behind when it throws and is then ended. `prefix` makes the groups' names unique on this machine. */
  constructor(registry: RunRegistry, megabytes: number) {
    this.#registry = registry;
    this.#megabytes = megabytes;
  }

  limit(groups: MemoryGroups, prefix: string, { engine, pid }: LimitedEngine): void {
    const name = `kvproof-${prefix}-${engine.replaceAll(/[^A-Za-z0-9.-]/g, "-")}`;
    this.#registry.holds(MEMORY_GROUP_KIND, engine, { path: `${groups.parent}/${name}`, parent: groups.parent });
    const group = new MemoryGroup(groups, name);
    this.#groups.set(engine, group);
    group.limit(this.#megabytes);
    group.add(pid);
  }

  /** Also after the group is gone. */
  kills(engine: string): number {
    const group = this.#groups.get(engine);
    if (group?.exists) this.#kills.set(engine, group.kills());
    return this.#kills.get(engine) ?? 0;
  }

  seen(): Promise<string | null> {
    const engines = [...this.#groups.keys()];
    const killed = engines.filter((engine) => this.kills(engine) > 0);
    if (killed.length < engines.length) return Promise.resolve(null);
    return Promise.resolve(
      `the kernel's OOM killer ended ${killed.join(", ")} (oom_kill of its memory cgroup, limit ${this.#megabytes} MiB beyond what it had)`,
    );
  }

  async end(): Promise<void> {
    for (const [engine, group] of this.#groups) {
      this.kills(engine);
      await group.remove();
      this.#registry.released(MEMORY_GROUP_KIND, engine);
    }
  }

  gone(): Promise<string | null> {
    const left = [...this.#groups.values()].filter(({ exists }) => exists);
    return Promise.resolve(left.length > 0 ? null : "the memory cgroups are removed");
  }
}
