/**
 * What this run has started, on disk, so that the next start can end what a crash left behind. One file per run under a
 * folder that only this user can write; a process is ended only if pid and start time both match what was recorded.
 */
import { lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { delay } from "../../base/async.js";
import { UnavailableError } from "../../base/errors.js";
import { isSameProcess, startTimeOf } from "./process-table.js";

const processEntry = z.object({
  name: z.string(),
  pid: z.int().positive(),
  startTime: z.string(),
  /** It leads a process group that is ended as a whole: a program that is not ours may have started others. */
  group: z.boolean().optional(),
});
const runState = z.object({ runner: processEntry, block: z.string(), processes: z.array(processEntry) });
type ProcessEntry = z.infer<typeof processEntry>;

/** How long a leftover may take to follow SIGTERM before it is killed. */
const LEFTOVER_GRACE_MS = 1000;

export function registryFolder(): string {
  const folder = join(tmpdir(), `kvproof-${process.getuid?.() ?? "user"}`, "runs");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const info = lstatSync(folder);
  if (info.isSymbolicLink() || (process.getuid !== undefined && info.uid !== process.getuid())) {
    throw new UnavailableError("KVP_E_BIND", `${folder} belongs to someone else; kvproof keeps its process list there`);
  }
  return folder;
}

/** The record of one run. Every change is on disk when the call returns. */
export class RunRegistry {
  readonly #file: string;
  readonly #processes = new Map<number, ProcessEntry>();
  readonly #runner: ProcessEntry;
  readonly #block: string;

  constructor(runId: string, block: string, folder = registryFolder()) {
    this.#file = join(folder, `${runId}.json`);
    this.#block = block;
    this.#runner = { name: "runner", pid: process.pid, startTime: startTimeOf(process.pid) ?? "" };
    this.#save();
  }

  started(name: string, pid: number, more: { readonly group?: boolean } = {}): void {
    const startTime = startTimeOf(pid);
    if (startTime === null) return;
    this.#processes.set(pid, { name, pid, startTime, ...more });
    this.#save();
  }

  ended(pid: number): void {
    if (this.#processes.delete(pid)) this.#save();
  }

  close(): void {
    rmSync(this.#file, { force: true });
  }

  #save(): void {
    const state = { runner: this.#runner, block: this.#block, processes: [...this.#processes.values()] };
    writeFileSync(`${this.#file}.new`, JSON.stringify(state), { mode: 0o600 });
    renameSync(`${this.#file}.new`, this.#file);
  }
}

/** Address blocks that runs now alive have taken. */
export function blocksInUse(folder = registryFolder()): Set<string> {
  const live = readStates(folder).filter(({ state }) => isSameProcess(state.runner.pid, state.runner.startTime));
  return new Set(live.map(({ state }) => state.block));
}

/** Ends the processes of runs whose runner is gone; returns one line for each process ended. */
export async function endLeftovers(folder = registryFolder()): Promise<string[]> {
  const lines: string[] = [];
  for (const { file, state } of readStates(folder)) {
    if (isSameProcess(state.runner.pid, state.runner.startTime)) continue;
    const alive = state.processes.filter((entry) => isSameProcess(entry.pid, entry.startTime));
    await Promise.all(alive.map(endProcess));
    lines.push(...alive.map((entry) => `ended ${entry.name} (pid ${entry.pid}), left behind by a run that crashed`));
    rmSync(file, { force: true });
  }
  return lines;
}

async function endProcess(entry: ProcessEntry): Promise<void> {
  const target = entry.group === true ? -entry.pid : entry.pid;
  signalProcess(target, "SIGCONT");
  signalProcess(target, "SIGTERM");
  const deadline = performance.now() + LEFTOVER_GRACE_MS;
  while (isSameProcess(entry.pid, entry.startTime) && performance.now() < deadline) await delay(20);
  if (isSameProcess(entry.pid, entry.startTime) || entry.group === true) signalProcess(target, "SIGKILL");
}

/** Sends a signal (to a whole group when negative); a process that is already gone is no error. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone already: that is what was wanted.
  }
}

function readStates(folder: string): { file: string; state: z.infer<typeof runState> }[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .flatMap((name) => {
      const file = join(folder, name);
      try {
        return [{ file, state: runState.parse(JSON.parse(readFileSync(file, "utf8"))) }];
      } catch {
        rmSync(file, { force: true });
        return [];
      }
    });
}
