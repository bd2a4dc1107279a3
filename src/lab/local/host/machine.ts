/** What this machine lets the lab do to it; each absence has a reason for people. */
import { existsSync, mkdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { asError } from "../../../base/errors.js";
import type { LabCapability } from "../../ports.js";
import { findProgram } from "./find-program.js";
import { findMemoryGroups, type MemoryGroups } from "./memory-groups.js";

export interface Machine {
  /** Capability → null when it is there, else the reason. */
  readonly abilities: ReadonlyMap<LabCapability, string | null>;
  readonly memoryGroups: MemoryGroups | null;
  /** Path of stress-ng; null = the lab's own workers do the work. */
  readonly stressNg: string | null;
}

const LINUX_ONLY = "it is measured through /proc, which only Linux has";

export interface MachineFacts {
  readonly platform: NodeJS.Platform;
  readonly isRoot: boolean;
  readonly programs: (name: string) => string | null;
  readonly memoryGroups: () => MemoryGroups | string;
}

export function thisMachine(): Machine {
  return examine({
    platform: process.platform,
    isRoot: process.getuid?.() === 0,
    programs: findProgram,
    memoryGroups: () => usableGroups(findMemoryGroups()),
  });
}

export function examine(facts: MachineFacts): Machine {
  const linux = facts.platform === "linux";
  const groups = linux ? facts.memoryGroups() : "memory cgroups exist on Linux only";
  const needs = (program: string): string | null =>
    facts.programs(program) === null ? `the program ${program} is not installed` : null;
  const root = facts.isRoot ? null : "it needs root";
  const abilities = new Map<LabCapability, string | null>([
    ["host.cpu", linux ? null : LINUX_ONLY],
    ["host.memory", linux ? null : LINUX_ONLY],
    ["host.disk-stress", linux ? null : LINUX_ONLY],
    ["host.memory-limit", typeof groups === "string" ? groups : null],
    ["host.disk-full", linux ? (root ?? needs("mount") ?? needs("umount")) : "tmpfs volumes exist on Linux only"],
    [
      "network.namespaces",
      linux ? (root ?? needs("ip") ?? needs("nsenter") ?? needs("nft")) : "network namespaces exist on Linux only",
    ],
  ]);
  return {
    abilities,
    memoryGroups: typeof groups === "string" ? null : groups,
    stressNg: linux ? facts.programs("stress-ng") : null,
  };
}

/** Only a group that was really made proves that groups can be made. */
function usableGroups(found: MemoryGroups | string): MemoryGroups | string {
  if (typeof found === "string") return found;
  const trial = join(found.parent, `kvproof-trial-${process.pid}`);
  try {
    mkdirSync(trial);
    const usable = existsSync(join(trial, found.files.limit));
    rmdirSync(trial);
    return usable ? found : `a new group below ${found.parent} has no ${found.files.limit}`;
  } catch (thrown) {
    return `it needs a memory cgroup, and none can be made below ${found.parent}: ${asError(thrown).message}`;
  }
}
