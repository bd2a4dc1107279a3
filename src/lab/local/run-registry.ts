/**
 * What this run has started, on disk, so that the next start can end what a crash left behind. One file per run under a
 * folder that only this user can write; a process is ended only if pid and start time both match what was recorded.
 */
import { lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { delay } from "../../base/async.js";
import { asError, UnavailableError } from "../../base/errors.js";
import { LEFTOVER_KINDS, type LeftoverKind, type UndoData } from "./leftovers.js";
import { isSameProcess, isStopped, startTimeOf } from "./process-table.js";

const processEntry = z.object({
  name: z.string(),
  pid: z.int().positive(),
  startTime: z.string(),
  /** It leads a process group that is ended as a whole: a program that is not ours may have started others. */
  group: z.boolean().optional(),
});
const leftover = z.object({ kind: z.string(), name: z.string(), data: z.record(z.string(), z.string()) });
const runState = z.object({
  runner: processEntry,
  block: z.string(),
  processes: z.array(processEntry),
  leftovers: z.array(leftover).default([]),
});
type ProcessEntry = z.infer<typeof processEntry>;
type Leftover = z.infer<typeof leftover>;
type RunState = z.infer<typeof runState>;

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
  /** By kind and name, in the order in which they came. */
  readonly #leftovers = new Map<string, Leftover>();
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

  /** Before something other than a process is made that must not stay; `kind` is one of {@link LEFTOVER_KINDS}. */
  holds(kind: string, name: string, data: UndoData): void {
    this.#leftovers.set(`${kind} ${name}`, { kind, name, data });
    this.#save();
  }

  released(kind: string, name: string): void {
    if (this.#leftovers.delete(`${kind} ${name}`)) this.#save();
  }

  /** All processes have ended. What is still held stays on record for the next start. */
  close(): void {
    this.#processes.clear();
    if (this.#leftovers.size > 0) this.#save();
    else rmSync(this.#file, { force: true });
  }

  #save(): void {
    saveState(this.#file, {
      runner: this.#runner,
      block: this.#block,
      processes: [...this.#processes.values()],
      leftovers: [...this.#leftovers.values()],
    });
  }
}

function saveState(file: string, state: RunState): void {
  writeFileSync(`${file}.new`, JSON.stringify(state), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** Address blocks that runs now alive have taken. */
export function blocksInUse(folder = registryFolder()): Set<string> {
  const live = readStates(folder).filter(({ state }) => isSameProcess(state.runner.pid, state.runner.startTime));
  return new Set(live.map(({ state }) => state.block));
}

/**
 * Ends the processes of runs whose runner is gone, then takes back what else they left, the latest first; returns one line
 * for each. What cannot be taken back stays on record, and its line says what to clean up by hand.
 */
export async function endLeftovers(folder = registryFolder(), kinds = LEFTOVER_KINDS): Promise<string[]> {
  const lines: string[] = [];
  for (const { file, state } of readStates(folder)) {
    if (isSameProcess(state.runner.pid, state.runner.startTime)) continue;
    const alive = state.processes.filter((entry) => isSameProcess(entry.pid, entry.startTime));
    const frozen = new Set(alive.filter((entry) => isStopped(entry.pid)));
    await Promise.all(alive.map(endProcess));
    for (const entry of alive) {
      const how = frozen.has(entry) ? "thawed and ended" : "ended";
      lines.push(`${how} ${entry.name} (pid ${entry.pid}), left behind by a run that crashed`);
    }
    const stuck = await takeBack(state.leftovers, kinds, lines);
    if (stuck.length > 0) saveState(file, { ...state, processes: [], leftovers: stuck });
    else rmSync(file, { force: true });
  }
  return lines;
}

/** Resolves with what could not be taken back. */
async function takeBack(
  leftovers: readonly Leftover[],
  kinds: readonly LeftoverKind[],
  lines: string[],
): Promise<Leftover[]> {
  const stuck: Leftover[] = [];
  for (const left of leftovers.toReversed()) {
    try {
      const kind = kinds.find(({ kind: name }) => name === left.kind);
      if (kind === undefined) throw new Error(`this version does not know leftovers of the kind ${left.kind}`);
      const done = await kind.undo(left.data);
      if (done !== null) lines.push(`${done}, left behind by a run that crashed`);
    } catch (thrown) {
      stuck.unshift(left);
      lines.push(
        `${left.kind} ${left.name}, left behind by a run that crashed, must be cleaned up by hand: ${asError(thrown).message}`,
      );
    }
  }
  return stuck;
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

function readStates(folder: string): { file: string; state: RunState }[] {
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
