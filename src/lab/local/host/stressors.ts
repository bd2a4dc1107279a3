/** Processes that strain the machine: stress-ng where it is installed, the lab's own workers otherwise. */
import { join } from "node:path";
import { delay } from "../../../base/async.js";
import { cliEntry } from "../../../base/package-root.js";
import { LabProcess } from "../child-process.js";
import { type RunRegistry, signalProcess } from "../run-registry.js";
import { type GroupUsage, usageOfGroups } from "./process-group.js";

/** stress-ng sends its children home on SIGTERM; what does not follow in time is killed with its group. */
const END_GRACE_MS = 2_000;

export interface StressorPlace {
  /** Run directory. */
  readonly dir: string;
  readonly registry: RunRegistry;
  readonly stressNg: string | null;
}

/** One command per process: for stress-ng, and for `kvproof stress`. */
export interface StressCommands {
  readonly name: string;
  readonly stressNg: readonly string[];
  readonly own: readonly (readonly string[])[];
}

export class Stressors {
  readonly tool: string;
  readonly #processes: readonly LabProcess[];
  /** Each process leads a group; what stress-ng starts belongs to its group. */
  readonly #groups: ReadonlySet<number>;

  constructor(place: StressorPlace, commands: StressCommands) {
    const { stressNg } = place;
    this.tool = stressNg === null ? "own workers" : "stress-ng";
    this.#processes =
      stressNg === null
        ? commands.own.map((args) => start(place, commands.name, process.execPath, [cliEntry(), "stress", ...args]))
        : [start(place, commands.name, stressNg, [...commands.stressNg, "--quiet"])];
    this.#groups = new Set(this.#processes.flatMap(({ pid }) => pid ?? []));
  }

  usage(): GroupUsage {
    return usageOfGroups(this.#groups);
  }

  /** Why a process is gone although nobody ended it; null = all run. */
  failure(): string | null {
    const ended = this.#processes.find(({ alive }) => !alive);
    return ended === undefined ? null : `${ended.command.name} ended by itself; ${ended.logTail()}`;
  }

  async end(): Promise<void> {
    for (const process of this.#processes) process.signal("SIGTERM");
    const early = new AbortController();
    const grace = delay(END_GRACE_MS, early.signal).then(() => this.kill());
    await Promise.all(this.#processes.map(({ exited }) => exited));
    early.abort();
    await grace;
    this.kill();
  }

  /** At once, with everything they started. */
  kill(): void {
    if (this.usage().processes === 0) return;
    for (const group of this.#groups) signalProcess(-group, "SIGKILL");
  }
}

function start({ dir, registry }: StressorPlace, name: string, program: string, args: readonly string[]): LabProcess {
  const process_ = new LabProcess({
    name: `stressor ${name}`,
    program,
    args,
    env: { KVPROOF_PARENT_PID: String(process.pid) },
    logFile: join(dir, "logs", `stress-${name}.log`),
    notReadyCode: "KVP_E_HOST",
  });
  const { pid } = process_;
  if (pid !== null) {
    registry.started(`stressor ${name}`, pid, { group: true });
    void process_.exited.then(() => registry.ended(pid));
  }
  return process_;
}
