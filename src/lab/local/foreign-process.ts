/**
 * A system under test that is not ours, as a process group of the lab: started once, frozen, thawed and ended as a whole, its
 * log kept and bounded. That it ends by itself is told at once. It does not watch over its parent as our own programs do:
 * its standard input ends when the runner dies, and what stays is ended by the next start (run-registry).
 */
import { join } from "node:path";
import { delay } from "../../base/async.js";
import { type ErrorCode, UnavailableError } from "../../base/errors.js";
import type { ResourceRecord } from "../../judge/history/records.js";
import { describeExit, GRACEFUL_STOP_MS, LabProcess } from "./child-process.js";
import type { PodContext } from "./engine-pod.js";
import { freezeProcess, thawProcess } from "./freeze.js";
import { usageOf } from "./process-table.js";

const NAME = "the system under test";
/** A program that writes more than this into its log would fill the disk. */
const MAX_LOG_BYTES = 256 * 1024 * 1024;
const LOG_LOOK_MS = 1000;

export interface ForeignCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly output: "pipes" | "log";
}

export class ForeignProcess {
  readonly process: LabProcess;
  readonly #context: PodContext;
  readonly #logWatch: NodeJS.Timeout;
  #expected = false;
  /** From when to when the lab kept it from running; open while it does. */
  #hindered: { until: number } | null = null;

  constructor(context: PodContext, { command, args, env, output }: ForeignCommand) {
    this.#context = context;
    const logFile = join(context.dir, "logs", "gateway.log");
    context.host.takeOver("gateway", "gateway", [logFile]);
    this.process = new LabProcess({
      name: NAME,
      program: command,
      args,
      env: { ...env, KVPROOF_PARENT_PID: String(process.pid) },
      logFile,
      notReadyCode: "KVP_E_SUT_UNAVAILABLE",
      foreign: output,
    });
    const { pid } = this.process;
    if (pid !== null) context.registry.started(NAME, pid, { group: true });
    this.#logWatch = setInterval(() => this.#lookAtLog(), LOG_LOOK_MS);
    void this.process.exited.then((exit) => this.#ended(describeExit(exit)));
  }

  get exited(): Promise<unknown> {
    return this.process.exited;
  }

  /** From now on its end is no surprise. */
  expectExit(): void {
    this.#expected = true;
  }

  fail(code: ErrorCode, what: string): void {
    this.#context.observer.gatewayLost(new UnavailableError(code, `${what}; ${this.process.logTail()}`));
  }

  hinderedSince(at: number): boolean {
    return this.#hindered !== null && this.#hindered.until >= at;
  }

  async stop(how: "graceful" | "kill"): Promise<void> {
    this.expectExit();
    this.#hindered = { until: Number.POSITIVE_INFINITY };
    this.process.pipes?.input.end();
    this.process.signal(how === "kill" ? "SIGKILL" : "SIGTERM");
    const hardStop = new AbortController();
    const escalation = delay(GRACEFUL_STOP_MS, hardStop.signal).then(() => this.process.signal("SIGKILL"));
    await this.exited;
    hardStop.abort();
    await escalation;
  }

  async freeze(): Promise<void> {
    this.#hindered = { until: Number.POSITIVE_INFINITY };
    await freezeProcess(this.process, NAME);
  }

  async thaw(): Promise<void> {
    await thawProcess(this.process, NAME);
    this.#hindered = { until: this.#context.clock.nowNs() };
  }

  signal(signal: NodeJS.Signals): void {
    this.expectExit();
    this.process.signal(signal);
  }

  usage(): ResourceRecord | null {
    const { pid, alive } = this.process;
    const usage = alive && pid ? usageOf(pid) : null;
    return usage && { k: "resource", at: this.#context.clock.nowNs(), process: "gateway", kind: "gateway", ...usage };
  }

  #ended(how: string): void {
    clearInterval(this.#logWatch);
    const { pid } = this.process;
    if (pid !== null) this.#context.registry.ended(pid);
    if (!this.#expected) this.fail("KVP_E_SUT_EXITED", `${NAME} ended (${how}) in the middle of the run`);
  }

  #lookAtLog(): void {
    if (this.process.logBytes <= MAX_LOG_BYTES) return;
    clearInterval(this.#logWatch);
    this.signal("SIGKILL");
    this.fail("KVP_E_SUT_PROTOCOL", `${NAME} wrote more than ${MAX_LOG_BYTES} bytes into its log`);
  }
}
