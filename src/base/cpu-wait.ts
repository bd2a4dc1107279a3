/** How long a process's main thread was ready to run and had no CPU, since it started (kernels with CONFIG_SCHED_INFO). */
import { readFileSync } from "node:fs";

/** null = the process is gone, or the kernel does not count it. */
export function cpuWaitSeconds(pid: number | "self"): number | null {
  try {
    const [, waitedNs] = readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ");
    const seconds = Number(waitedNs) / 1e9;
    return Number.isFinite(seconds) ? seconds : null;
  } catch {
    return null;
  }
}
