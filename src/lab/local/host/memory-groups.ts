/** Memory cgroups of either version: where new groups go, and which files say what. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface MemoryGroups {
  readonly version: 1 | 2;
  /** Mount point of the hierarchy. */
  readonly mount: string;
  /** New groups are made below. */
  readonly parent: string;
  readonly files: GroupFiles;
}

export interface GroupFiles {
  readonly limit: string;
  readonly usage: string;
  /** Has a line `oom_kill <n>`. */
  readonly kills: string;
  /** Swap would let a group outgrow its limit unseen; what to write where. May be absent. */
  readonly swap: string;
}

/** Kernel docs: admin-guide/cgroup-v1/memory.rst and admin-guide/cgroup-v2.rst, "Memory". */
const FILES: Record<1 | 2, GroupFiles> = {
  1: {
    limit: "memory.limit_in_bytes",
    usage: "memory.usage_in_bytes",
    kills: "memory.oom_control",
    swap: "memory.memsw.limit_in_bytes",
  },
  2: { limit: "memory.max", usage: "memory.current", kills: "memory.events", swap: "memory.swap.max" },
};

/** The hierarchy that has the memory controller, or why there is none. `root`: where cgroups are mounted. */
export function findMemoryGroups(root = "/sys/fs/cgroup"): MemoryGroups | string {
  const v1 = join(root, "memory");
  if (existsSync(join(v1, FILES[1].limit))) return { version: 1, mount: v1, parent: v1, files: FILES[1] };
  for (const mount of [root, join(root, "unified")]) {
    const controllers = words(join(mount, "cgroup.controllers"));
    if (!controllers.includes("memory")) continue;
    if (!words(join(mount, "cgroup.subtree_control")).includes("memory") && !delegate(mount))
      return `it needs a memory cgroup, and ${mount} does not hand its memory controller down`;
    return { version: 2, mount, parent: mount, files: FILES[2] };
  }
  return `it needs a memory cgroup, and ${root} has no memory controller`;
}

/** The group a process is in, as `/proc/<pid>/cgroup` tells it. */
export function groupOf(groups: MemoryGroups, procFile: string): string {
  const lines = readFileSync(procFile, "utf8").split("\n");
  const fields = lines.map((line) => line.split(":"));
  const own = fields.find(([id, controllers]) =>
    groups.version === 1 ? controllers?.split(",").includes("memory") : id === "0",
  );
  return join(groups.mount, own?.slice(2).join(":") ?? "/");
}

function delegate(mount: string): boolean {
  try {
    writeFileSync(join(mount, "cgroup.subtree_control"), "+memory");
    return true;
  } catch {
    return false;
  }
}

function words(file: string): string[] {
  try {
    return readFileSync(file, "utf8").trim().split(/\s+/);
  } catch {
    return [];
  }
}
