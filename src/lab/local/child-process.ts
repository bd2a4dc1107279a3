/**
 * One process of the lab: started, watched until its ready line, and noticed at once when it ends. It runs in a process group
 * of its own, so that Ctrl-C in the terminal reaches the runner alone, which then ends things in order.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, fstatSync, mkdirSync, openSync, readSync, statSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { type Deferred, deferred, withTimeout } from "../../base/async.js";
import { asError, type ErrorCode, errorCatalogue, KvproofError, UnavailableError } from "../../base/errors.js";

export interface ProcessCommand {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
  /** Code of the error when it does not become ready and gives no code of its own. */
  readonly notReadyCode: ErrorCode;
  /**
   * A program that is not ours: it prints no ready line, may start others, and signals go to its whole process group. With
   * "pipes" its standard input and output are the caller's, with "log" they go to its log.
   */
  readonly foreign?: "pipes" | "log";
  /** Gets every further message that it prints (`{"event": …}` on a line of its own) and can be sent lines by {@link LabProcess.send}. */
  readonly onMessage?: (message: object) => void;
}

export interface ExitInfo {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A graceful stop that takes longer than this is ended by SIGKILL. */
export const GRACEFUL_STOP_MS = 5_000;
const LOG_TAIL_LINES = 5;
const LOG_TAIL_CHARACTERS = 600;
/** What kills a foreign program is often a long stack with the reason above it. */
const FOREIGN_TAIL_FACTOR = 3;
/** As much of the end of a log as is looked at. */
const LOG_TAIL_BYTES = 64 * 1024;

export class LabProcess {
  readonly command: ProcessCommand;
  /** Resolves when the process is gone. */
  readonly exited: Promise<ExitInfo>;
  readonly #child: ChildProcess;
  readonly #ready: Deferred<unknown> = deferred<unknown>();
  #exit: ExitInfo | null = null;

  constructor(command: ProcessCommand) {
    this.command = command;
    mkdirSync(dirname(command.logFile), { recursive: true });
    const log = openSync(command.logFile, "a");
    const output = command.foreign === "log" ? log : "pipe";
    this.#child = spawn(command.program, command.args, {
      stdio: [command.foreign === "pipes" || command.onMessage !== undefined ? "pipe" : "ignore", output, log],
      env: { ...process.env, ...command.env },
      detached: true,
    });
    this.#ready.promise.catch(() => undefined);
    this.exited = this.#watch(log);
    // One that has ended takes no more lines; its end is noticed elsewhere.
    if (command.onMessage !== undefined) this.#child.stdin?.on("error", () => undefined);
    const stdout = this.#child.stdout;
    if (stdout !== null && command.foreign === undefined) {
      createInterface({ input: stdout }).on("line", (line) => this.#line(line, log));
    }
  }

  get pid(): number | null {
    return this.#child.pid ?? null;
  }
  get alive(): boolean {
    return this.#exit === null && this.pid !== null;
  }

  /** Standard input and output of a foreign program with "pipes"; null when it could not be started. */
  get pipes(): { readonly input: Writable; readonly output: Readable } | null {
    const { stdin, stdout } = this.#child;
    return this.command.foreign === "pipes" && stdin && stdout ? { input: stdin, output: stdout } : null;
  }

  /** The ready line, parsed. Rejects with the process's own error code if it gave one, else `notReadyCode`. */
  async ready(timeoutMs: number): Promise<unknown> {
    try {
      return await withTimeout(this.#ready.promise, timeoutMs, `${this.command.name} to print its ready line`);
    } catch (thrown) {
      if (thrown instanceof KvproofError && thrown.code !== "KVP_E_TIMEOUT") throw thrown;
      throw new UnavailableError(this.command.notReadyCode, `${asError(thrown).message}; ${this.logTail()}`, {
        cause: thrown,
      });
    }
  }

  /** One line to its standard input; only with `onMessage`. */
  send(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  signal(signal: NodeJS.Signals): void {
    if (!this.alive) return;
    if (this.command.foreign === undefined) this.#child.kill(signal);
    else this.#signalGroup(signal);
  }

  get logBytes(): number {
    return statSync(this.command.logFile, { throwIfNoEntry: false })?.size ?? 0;
  }

  /** The last log lines and where the rest is, for error messages. */
  logTail(): string {
    const factor = this.command.foreign === undefined ? 1 : FOREIGN_TAIL_FACTOR;
    const written = readLog(this.command.logFile)
      .split("\n")
      .filter((line) => line.trim() !== "");
    const lines = written.slice(-LOG_TAIL_LINES * factor).map(readable);
    const tail = lines.join(" | ").slice(-LOG_TAIL_CHARACTERS * factor) || "(empty)";
    return `last log lines: ${tail}; log: ${this.command.logFile}`;
  }

  #watch(log: number): Promise<ExitInfo> {
    return new Promise((resolve) => {
      const end = (info: ExitInfo, error: KvproofError): void => {
        if (this.#exit !== null) return;
        this.#exit = info;
        this.#ready.reject(error);
        closeSync(log);
        resolve(info);
      };
      this.#child.once("error", (error) => {
        const message = `${this.command.name} could not be started (${this.command.program}): ${error.message}`;
        end({ code: null, signal: null }, new UnavailableError(this.command.notReadyCode, message));
      });
      // "close" comes after standard output has been read to its end; what a foreign program leaves running may keep it open.
      this.#child.once(this.command.foreign === undefined ? "close" : "exit", (code, signal) => {
        if (this.command.foreign !== undefined) this.#signalGroup("SIGKILL");
        end({ code, signal }, this.#earlyExit({ code, signal }));
      });
    });
  }

  /** The group may outlive the process that gave it its number. */
  #signalGroup(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // Nobody of it is left: that is what was wanted.
    }
  }

  #line(line: string, log: number): void {
    try {
      const message = JSON.parse(line) as { event?: unknown };
      if (message.event === "ready") return this.#ready.resolve(message);
      if (this.command.onMessage !== undefined) return this.command.onMessage(message);
    } catch {
      // Not a line for us: it belongs into the log.
    }
    if (this.#exit !== null) return;
    try {
      writeSync(log, `${line}\n`);
    } catch {
      // A log whose disk is full must not end the runner.
    }
  }

  #earlyExit(exit: ExitInfo): KvproofError {
    const own = readLog(this.command.logFile)
      .trim()
      .split("\n")
      .findLast((line) => /^KVP_E_[A-Z_]+: /.test(line));
    const code = own?.slice(0, own.indexOf(":"));
    if (own !== undefined && code !== undefined && code in errorCatalogue) {
      const message = withoutRemedy(own.slice(code.length + 2), code as ErrorCode);
      return new UnavailableError(
        code as ErrorCode,
        `${this.command.name} did not start: ${message} Log: ${this.command.logFile}`,
      );
    }
    return new UnavailableError(
      this.command.notReadyCode,
      `${this.command.name} ended (${describeExit(exit)}) before it was ready; ${this.logTail()}`,
    );
  }
}

export function describeExit(exit: ExitInfo): string {
  return exit.signal === null ? `exit code ${exit.code}` : `signal ${exit.signal}`;
}

/** The end of a log; a flooded one is never read whole. */
function readLog(file: string): string {
  try {
    const log = openSync(file, "r");
    try {
      const { size } = fstatSync(log);
      const bytes = Buffer.alloc(Math.min(size, LOG_TAIL_BYTES));
      readSync(log, bytes, 0, bytes.length, size - bytes.length);
      return bytes.toString("utf8");
    } finally {
      closeSync(log);
    }
  } catch {
    return "";
  }
}

/** The remedy is added again where the error is shown. */
function withoutRemedy(message: string, code: ErrorCode): string {
  const remedy = errorCatalogue[code].remedy;
  return message.endsWith(remedy) ? message.slice(0, -remedy.length).trim() : message;
}

/** `{"level":40,"msg":"…"}` → `…`; other lines as they are. */
function readable(line: string): string {
  try {
    const entry = JSON.parse(line) as { msg?: unknown };
    return typeof entry.msg === "string" ? entry.msg : line;
  } catch {
    return line;
  }
}
