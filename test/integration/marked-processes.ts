/** Which processes carry a mark in their environment: what a program started, however deep, and left behind. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";

export interface MarkedProcess {
  readonly pid: number;
  readonly command: string;
}

/** `mark`: `NAME=value`, unique. A zombie has no environment any more and does not count. */
export function markedProcesses(mark: string): MarkedProcess[] {
  return existsSync("/proc/self/environ") ? fromProc(mark) : fromPs(mark);
}

function fromProc(mark: string): MarkedProcess[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    try {
      if (!readFileSync(`/proc/${pid}/environ`, "latin1").split("\0").includes(mark)) return [];
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
      return [{ pid: Number(pid), command }];
    } catch {
      // Gone while we looked, or somebody else's.
      return [];
    }
  });
}

/** Where there is no /proc (macOS), ps prints environments behind the commands. */
function fromPs(mark: string): MarkedProcess[] {
  const lines = execFileSync("ps", ["-axEww", "-o", "pid=,command="], { encoding: "utf8" }).split("\n");
  return lines.flatMap((line) => {
    const [, pid, command] = /^\s*(\d+) (.*)$/.exec(line) ?? [];
    return command?.includes(mark) ? [{ pid: Number(pid), command }] : [];
  });
}
