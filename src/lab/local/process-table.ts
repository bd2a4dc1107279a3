/** What the operating system knows of a process: when it started (so that a reused pid is never mistaken) and what it uses. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { cpuWaitSeconds } from "../../base/cpu-wait.js";

/** Linux reports process times in ticks of 1/100 s on every architecture Node runs on (USER_HZ). */
const TICKS_PER_S = 100;
const PAGE_BYTES = 4096;
const hasProc = existsSync("/proc/self/stat");

export interface ProcessUsage {
  readonly rssBytes: number;
  readonly cpuSeconds: number;
  /** Time its main thread was ready to run and had no CPU; absent where the kernel does not count it. */
  readonly cpuWaitSeconds?: number;
}

/** Start time as an opaque text; null when no such process runs (a zombie does not run). */
export function startTimeOf(pid: number): string | null {
  if (!hasProc) return psField(pid, "lstart");
  const fields = procStat(pid);
  return fields === null || fields[0] === "Z" ? null : (fields[19] ?? null);
}

/** True while the very process that was started as `pid` at `startTime` runs. */
export function isSameProcess(pid: number, startTime: string): boolean {
  return startTimeOf(pid) === startTime;
}

export function isStopped(pid: number): boolean {
  return hasProc ? procStat(pid)?.[0] === "T" : (psField(pid, "stat")?.startsWith("T") ?? false);
}

/** Memory and CPU of a process; null when it is gone. */
export function usageOf(pid: number): ProcessUsage | null {
  if (!hasProc) return usageFromPs(pid);
  const fields = procStat(pid);
  if (fields === null) return null;
  const ticks = Number(fields[11]) + Number(fields[12]);
  return { rssBytes: Number(fields[21]) * PAGE_BYTES, cpuSeconds: ticks / TICKS_PER_S, ...runDelayOf(pid) };
}

function runDelayOf(pid: number): { cpuWaitSeconds: number } | null {
  const waited = cpuWaitSeconds(pid);
  return waited === null ? null : { cpuWaitSeconds: waited };
}

/** Fields of /proc/<pid>/stat from the state on; the name before them may itself hold blanks and parentheses. */
function procStat(pid: number): string[] | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return null;
  }
}

function usageFromPs(pid: number): ProcessUsage | null {
  const rssKib = psField(pid, "rss");
  const time = psField(pid, "time");
  if (rssKib === null || time === null) return null;
  const cpuSeconds = time
    .split(/[:-]/)
    .map(Number)
    .reduce((total, part) => total * 60 + part, 0);
  return { rssBytes: Number(rssKib) * 1024, cpuSeconds };
}

function psField(pid: number, field: string): string | null {
  try {
    const text = execFileSync("ps", ["-o", `${field}=`, "-p", String(pid)], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    return text.trim() || null;
  } catch {
    return null;
  }
}
