/** What the processes of one process group use together, from /proc: a stressor and the children it starts. */
import { readdirSync, readFileSync } from "node:fs";
import { usageOf } from "../process-table.js";

export interface GroupUsage {
  readonly processes: number;
  readonly cpuSeconds: number;
  readonly rssBytes: number;
  /** Bytes that were given to a disk. */
  readonly writtenBytes: number;
}

/** Zombies do not count. */
export function usageOfGroups(groupIds: ReadonlySet<number>): GroupUsage {
  const total = { processes: 0, cpuSeconds: 0, rssBytes: 0, writtenBytes: 0 };
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name) || !groupIds.has(groupIdOf(name))) continue;
    const usage = usageOf(Number(name));
    if (usage === null) continue;
    total.processes++;
    total.cpuSeconds += usage.cpuSeconds;
    total.rssBytes += usage.rssBytes;
    total.writtenBytes += writtenBy(name);
  }
  return total;
}

/** Fields after the name: state, parent, group. */
function groupIdOf(pid: string): number {
  const text = read(`/proc/${pid}/stat`);
  const [state, , group] = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return state === "Z" ? -1 : Number(group ?? -1);
}

function writtenBy(pid: string): number {
  return Number(/^write_bytes: (\d+)$/m.exec(read(`/proc/${pid}/io`))?.[1] ?? 0);
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
