/** One engine of the local lab over all its lives: an address that stays, ports that stay once chosen, a process per life. */
import { join } from "node:path";
import { delay } from "../../base/async.js";
import type { Clock } from "../../base/clock.js";
import { invariant, KvproofError } from "../../base/errors.js";
import type { EngineRecord, ResourceRecord } from "../../judge/history/records.js";
import type { EngineEndpoints, EngineHandle, EngineSpec, LabObserver, RestartChanges } from "../ports.js";
import { describeExit, type ExitInfo, LabProcess } from "./child-process.js";
import { DoubleProgram } from "./double-program.js";
import { type PodPlace, topicOf } from "./engine-arguments.js";
import type { EngineGroups } from "./engine-groups.js";
import type { PodProcess } from "./engine-group.js";
import type { EngineProgram, Served, Startable } from "./engine-program.js";
import { usageOf } from "./process-table.js";
import { freezeProcess, thawProcess } from "./freeze.js";
import { portOf } from "./ready-lines.js";
import type { EngineNetwork } from "./engine-network.js";
import type { LocalHost } from "./host/local-host.js";
import type { RelayProcess } from "./relay/relay-process.js";
import { exposeThrough, type RelayedPlace } from "./relay/relayed-place.js";
import type { RunRegistry } from "./run-registry.js";
import type { StartGate } from "./start-gate.js";
import { VllmProgram } from "../vllm/vllm-program.js";

/** What all pods of a lab share. */
export interface PodContext {
  readonly dir: string;
  readonly labToken: string;
  readonly clock: Clock;
  readonly registry: RunRegistry;
  readonly host: LocalHost;
  readonly network: EngineNetwork;
  readonly gate: StartGate;
  readonly observer: LabObserver;
  /** Raised when the lab ends: what still waits for its turn does not start any more. */
  readonly closing: AbortSignal;
  readonly groups: EngineGroups;
  /** Between engines and their consumers; null = they are reached directly. */
  readonly relay: RelayProcess | null;
}

export class EnginePod {
  readonly spec: EngineSpec;
  readonly ledgerFiles: string[] = [];
  readonly program: EngineProgram;
  readonly #context: PodContext;
  #place: PodPlace;
  #process: PodProcess | null = null;
  #handle: EngineHandle | null = null;
  #epoch: number;
  #ending = false;
  #deathExpected = false;

  /** `epoch` counts on from an earlier pod of the same name. */
  constructor(context: PodContext, spec: EngineSpec, place: PodPlace, epoch = 0) {
    this.#context = context;
    this.spec = spec;
    this.program =
      spec.vllm === undefined ? new DoubleProgram(spec, context) : new VllmProgram(spec, spec.vllm, context);
    this.#place = place;
    this.#epoch = epoch;
  }

  get place(): PodPlace {
    return this.#place;
  }
  get epoch(): number {
    return this.#epoch;
  }
  get alive(): boolean {
    return this.#process?.alive ?? false;
  }
  /** Of the process of the present life; null while none runs. */
  get pid(): number | null {
    return this.alive ? (this.#process?.pid ?? null) : null;
  }
  /** The present life; null while none is ready. */
  get handle(): EngineHandle | null {
    return this.#handle;
  }

  async start(changes: RestartChanges = {}): Promise<EngineHandle> {
    return this.#context.gate.run(() => this.#start(changes));
  }

  /** The process is gone when this resolves. */
  async stop(how: "graceful" | "kill"): Promise<void> {
    const process = this.#process;
    if (process === null || !process.alive) return;
    this.#ending = true;
    this.#handle = null;
    this.#record(how === "kill" ? "killed" : "stopping");
    process.signal(how === "kill" ? "SIGKILL" : "SIGTERM");
    const hardStop = new AbortController();
    const escalation = delay(this.program.stopTimeoutMs, hardStop.signal).then(() => process.signal("SIGKILL"));
    await process.exited;
    hardStop.abort();
    await escalation;
    await this.#gone;
  }

  /** The present life may end by itself. */
  expectDeath(): void {
    this.#deathExpected = true;
  }

  async freeze(): Promise<void> {
    await freezeProcess(this.#process, `engine ${this.spec.engine}`);
    this.#record("frozen");
  }

  async thaw(): Promise<void> {
    await thawProcess(this.#process, `engine ${this.spec.engine}`);
    this.#record("thawed");
  }

  /** Without ceremony or record, for the end of the run. */
  signal(signal: NodeJS.Signals): void {
    this.#ending = true;
    this.#process?.signal(signal);
  }
  get exited(): Promise<unknown> {
    return this.#process?.exited ?? Promise.resolve();
  }

  usage(): ResourceRecord | null {
    const pid = this.#process?.pid;
    const usage = this.alive && pid ? usageOf(pid) : null;
    return (
      usage && { k: "resource", at: this.#context.clock.nowNs(), process: this.spec.engine, kind: "engine", ...usage }
    );
  }

  #gone: Promise<void> = Promise.resolve();

  async #start(changes: RestartChanges): Promise<EngineHandle> {
    invariant(!this.alive, `${this.spec.engine} is started twice`);
    const { dir, registry, host, closing } = this.#context;
    this.#place = await this.program.place(this.#place);
    if (closing.aborted) throw new KvproofError("KVP_E_INTERRUPTED", `${this.spec.engine} did not start: the run ends`);
    this.#epoch++;
    this.#ending = false;
    this.#deathExpected = false;
    const fileName = fileNameOf(this.spec.engine);
    const { start, ledgerFiles } = await this.program.begin(this.#place, { epoch: this.#epoch, fileName, changes });
    this.ledgerFiles.push(...ledgerFiles);
    const logFile = join(dir, "logs", `${fileName}.log`);
    // The ledger of a real engine is the lab's own file, not the engine's.
    const own = this.program.kind === "double" ? ledgerFiles : [];
    host.takeOver(this.spec.engine, fileName, [logFile, ...own]);
    this.#record("starting");
    const process_ = this.#launch(start, logFile);
    this.#process = process_;
    const group = start.foreign !== undefined;
    if (process_.pid !== null) registry.started(this.spec.engine, process_.pid, { group });
    const epoch = this.#epoch;
    let wasReady = false;
    this.#gone = process_.exited.then((exit) => this.#ended(process_, epoch, exit, wasReady));
    const served = await this.#awaitReady(process_);
    wasReady = true;
    return this.#becomeReady(served);
  }

  #launch(start: Startable, logFile: string): PodProcess {
    const { engine, perProcess = 1 } = this.spec;
    if (perProcess > 1) {
      const { args } = start;
      return this.#context.groups.withRoom(perProcess).start(engine, args.slice(args.indexOf("engine") + 1));
    }
    return new LabProcess({ name: `engine ${engine}`, ...start, logFile, notReadyCode: "KVP_E_ENGINE_NOT_READY" });
  }

  async #awaitReady(process: PodProcess): Promise<Served> {
    try {
      return await this.program.ready(process, this.#place);
    } catch (thrown) {
      this.#ending = true;
      process.signal("SIGKILL");
      await process.exited;
      throw thrown;
    }
  }

  async #becomeReady(served: Served): Promise<EngineHandle> {
    const first = served.ranks[0];
    const direct = { ...served, address: this.#place.address };
    const { endpoints, relayed } = await this.#endpoints(direct);
    this.#place = {
      address: this.#place.address,
      relayed,
      httpPort: portOf(served.http),
      labPort: served.lab === null ? 0 : portOf(served.lab),
      eventsPort: first === undefined ? 0 : portOf(first.events),
      replayPort: first?.replay ? portOf(first.replay) : 0,
    };
    const at = this.#record("ready");
    this.#handle = {
      spec: this.spec,
      epoch: this.#epoch,
      endpoints,
      direct,
      topic: topicOf(this.spec),
      uid: `${this.spec.engine}@${at}`,
    };
    return this.#handle;
  }

  /** What consumers dial. */
  async #endpoints(direct: EngineEndpoints): Promise<{ endpoints: EngineEndpoints; relayed: RelayedPlace | null }> {
    const { relay } = this.#context;
    if (relay === null || this.#place.relayed === null) return { endpoints: direct, relayed: null };
    const life = { engine: this.spec.engine, epoch: this.#epoch, direct };
    const { endpoints, place } = await exposeThrough(relay.talk, life, this.#place.relayed);
    return { endpoints, relayed: place };
  }

  async #ended(process: PodProcess, epoch: number, exit: ExitInfo, wasReady: boolean): Promise<void> {
    if (process.pid !== null) this.#context.registry.ended(process.pid);
    // Nobody listens where nothing runs. A relay that is gone, too, has been reported by itself.
    this.#context.relay?.talk.withdraw(this.spec.engine).catch(() => undefined);
    const expected = this.#deathExpected && !this.#ending;
    const unexpected = !this.#ending && !expected;
    this.#record("down", { epoch, ...(unexpected ? { unexpected } : {}) });
    const written = this.program.ended();
    this.#tellOfEnd(process, exit, { wasReady, expected });
    await written;
  }

  #tellOfEnd(
    process: PodProcess,
    exit: ExitInfo,
    how: { readonly wasReady: boolean; readonly expected: boolean },
  ): void {
    const { wasReady, expected } = how;
    if (this.#ending || !wasReady) return;
    this.#handle = null;
    if (expected) return this.#context.observer.engineEnded(this.spec.engine);
    this.#context.observer.engineLost(this.spec.engine, `${describeExit(exit)}; ${process.logTail()}`);
  }

  #record(event: EngineRecord["event"], more: Partial<EngineRecord> = {}): number {
    const at = this.#context.clock.nowNs();
    const { engine, model, ranks, groups, replay, events } = this.spec;
    const published = {
      ranks,
      groups,
      replay,
      events,
      replayBatches: this.spec.bufferSteps,
      ...(this.program.kind === "double" ? {} : { kind: this.program.kind }),
    };
    const address = this.#place.address;
    this.#context.observer.record({
      k: "engine",
      at,
      engine,
      model,
      epoch: this.#epoch,
      event,
      address,
      ...published,
      ...more,
    });
    return at;
  }
}

export function fileNameOf(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9._-]/g, "-");
}
