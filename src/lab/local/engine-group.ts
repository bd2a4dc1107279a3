/**
 * Engines of the local lab that share a process (`engines_per_process`): for fleets that one process per engine would not let
 * fit. To the pod a member looks like a process of its own, without a pid: it can be started and stopped, not killed or frozen.
 */
import { join } from "node:path";
import { z } from "zod";
import { type Deferred, deferred, withTimeout } from "../../base/async.js";
import { UnavailableError } from "../../base/errors.js";
import { cliEntry } from "../../base/package-root.js";
import type { ResourceRecord } from "../../judge/history/records.js";
import { type ExitInfo, LabProcess } from "./child-process.js";
import { usageOf } from "./process-table.js";
import type { RunRegistry } from "./run-registry.js";

const GROUP_READY_TIMEOUT_MS = 15_000;

const groupMessage = z.discriminatedUnion("event", [
  z.object({ event: z.literal("engine-ready"), id: z.int(), ready: z.unknown() }),
  z.object({ event: z.literal("engine-stopped"), id: z.int() }),
  z.object({ event: z.literal("engine-failed"), id: z.int(), message: z.string() }),
]);

/** What a pod needs of the process behind it. */
export type PodProcess = Pick<LabProcess, "pid" | "alive" | "exited" | "ready" | "signal" | "logTail">;

export class EngineGroup {
  readonly name: string;
  readonly process: LabProcess;
  readonly #members: GroupMember[] = [];

  constructor(
    name: string,
    place: { readonly dir: string; readonly labToken: string; readonly registry: RunRegistry },
  ) {
    this.name = name;
    this.process = new LabProcess({
      name,
      program: process.execPath,
      args: [cliEntry(), "engine-group"],
      env: { KVPROOF_LAB_TOKEN: place.labToken, KVPROOF_PARENT_PID: String(process.pid) },
      logFile: join(place.dir, "logs", `${name}.log`),
      notReadyCode: "KVP_E_ENGINE_NOT_READY",
      onMessage: (message) => this.#hear(message),
    });
    const { pid } = this.process;
    if (pid !== null) place.registry.started(name, pid);
    void this.process.exited.then((exit) => {
      if (pid !== null) place.registry.ended(pid);
      for (const member of this.#members) member.ended(exit);
    });
  }

  get size(): number {
    return this.#members.length;
  }

  /** `args`: those of `kvproof engine`. */
  start(engine: string, args: readonly string[]): PodProcess {
    const id = this.#members.length;
    const member = new GroupMember(engine, this, id);
    this.#members.push(member);
    this.process
      .ready(GROUP_READY_TIMEOUT_MS)
      .then(() => this.process.send(JSON.stringify({ id, start: args })))
      .catch((thrown: unknown) => member.failed(thrown as Error));
    return member;
  }

  usage(at: number): ResourceRecord | null {
    const { pid, alive } = this.process;
    const usage = alive && pid !== null ? usageOf(pid) : null;
    return usage && { k: "resource", at, process: this.name, kind: "engine", ...usage };
  }

  #hear(message: object): void {
    const parsed = groupMessage.safeParse(message);
    if (!parsed.success) return;
    const member = this.#members[parsed.data.id];
    if (parsed.data.event === "engine-ready") member?.started(parsed.data.ready);
    else if (parsed.data.event === "engine-stopped") member?.ended({ code: 0, signal: null });
    else member?.failed(new UnavailableError("KVP_E_ENGINE_NOT_READY", parsed.data.message));
  }
}

class GroupMember implements PodProcess {
  readonly pid = null;
  readonly exited: Promise<ExitInfo>;
  readonly #engine: string;
  readonly #group: EngineGroup;
  readonly #id: number;
  readonly #ready: Deferred<unknown> = deferred<unknown>();
  readonly #exit: Deferred<ExitInfo> = deferred<ExitInfo>();
  #over = false;

  constructor(engine: string, group: EngineGroup, id: number) {
    this.#engine = engine;
    this.#group = group;
    this.#id = id;
    this.exited = this.#exit.promise;
    this.#ready.promise.catch(() => undefined);
  }

  get alive(): boolean {
    return !this.#over;
  }

  ready(timeoutMs: number): Promise<unknown> {
    return withTimeout(this.#ready.promise, timeoutMs, `engine ${this.#engine} of ${this.#group.name} to be ready`);
  }

  /** Whatever the signal: it ends in order. What would stop or continue a process does nothing. */
  signal(signal: NodeJS.Signals): void {
    if (this.alive && (signal === "SIGTERM" || signal === "SIGKILL"))
      this.#group.process.send(JSON.stringify({ id: this.#id, stop: true }));
  }

  logTail(): string {
    return this.#group.process.logTail();
  }

  started(line: unknown): void {
    this.#ready.resolve(line);
  }

  failed(error: Error): void {
    this.#ready.reject(error);
    this.ended({ code: 1, signal: null });
  }

  ended(exit: ExitInfo): void {
    this.#over = true;
    this.#ready.reject(
      new UnavailableError("KVP_E_ENGINE_NOT_READY", `engine ${this.#engine} ended; ${this.logTail()}`),
    );
    this.#exit.resolve(exit);
  }
}
