/** The profiles of a run directory, as trees. A damaged one is left out: the run's verdict is readable without it. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { cpuTree, heapTree, type ProfileTree } from "../base/profile/profile-tree.js";
import type { CpuProfile, HeapProfile } from "../base/profile/v8-profile.js";
import { PROFILES_FOLDER } from "../judge/run-summary.js";

export interface ProcessProfile {
  readonly process: string;
  readonly kind: "cpu" | "heap";
  /** Microseconds, or bytes. */
  readonly tree: ProfileTree;
}

const ENDING = /\.(cpu|heap)profile$/;

/** The gateway first, then engines by name. */
export function readProfiles(runDir: string): ProcessProfile[] {
  const folder = join(runDir, PROFILES_FOLDER);
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => ENDING.test(name));
  const first = (name: string): number => (name.startsWith("gateway.") ? 0 : 1);
  names.sort((a, b) => first(a) - first(b) || a.localeCompare(b));
  return names.flatMap((name) => {
    const kind = name.endsWith(".cpuprofile") ? "cpu" : "heap";
    const tree = treeOf(kind, join(folder, name));
    return tree === null ? [] : [{ process: name.replace(ENDING, ""), kind, tree }];
  });
}

function treeOf(kind: ProcessProfile["kind"], file: string): ProfileTree | null {
  try {
    const profile: unknown = JSON.parse(readFileSync(file, "utf8"));
    return kind === "cpu" ? cpuTree(profile as CpuProfile) : heapTree(profile as HeapProfile);
  } catch {
    return null;
  }
}
