/**
 * The built command line as its users meet it: a child process in a folder of its own. Everything it starts inherits a mark,
 * so that nothing it leaves behind goes unnoticed; its process list is its own too, so that tests do not clean up for each other.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { waitFor } from "../../src/base/async.js";
import { cliEntry } from "../../src/base/package-root.js";
import type { RunSummary } from "../../src/judge/run-summary.js";
import { markedProcesses, type MarkedProcess } from "./marked-processes.js";

const MARK = "KVPROOF_TEST_WORLD";
const RUN_LIMIT_MS = 60_000;
const CONDITION_LIMIT_MS = 30_000;
/** Batches in every engine's ledger from which on load is surely running. */
const LOADED_BATCHES = 5;

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Another build of the command line. */
  readonly entry?: string;
  /** In a process group of its own, which signals then reach as a whole, as from a terminal. */
  readonly terminal?: boolean;
  /** It is killed after this. */
  readonly limitMs?: number;
}

export class CliWorld {
  readonly dir = mkdtempSync(join(tmpdir(), "kvproof-cli-"));
  readonly #mark = randomUUID();

  /** With a test's context it ends with the test; else the caller closes it. */
  constructor(context?: { onTestFinished(end: () => void): void }) {
    mkdirSync(this.path("tmp"));
    context?.onTestFinished(() => this.close());
  }

  path(...parts: string[]): string {
    return join(this.dir, ...parts);
  }

  write(name: string, text: string): string {
    writeFileSync(this.path(name), text);
    return name;
  }

  start(args: readonly string[], options: StartOptions = {}): RunningCli {
    return this.startProgram(process.execPath, [options.entry ?? cliEntry(), ...args], options);
  }

  startProgram(program: string, args: readonly string[], options: StartOptions = {}): RunningCli {
    const { env = {}, terminal = false, limitMs = RUN_LIMIT_MS } = options;
    const { PATH = "", HOME = "" } = process.env;
    const child = spawn(program, args, {
      cwd: this.dir,
      env: { PATH, HOME, TMPDIR: this.path("tmp"), [MARK]: this.#mark, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      detached: terminal,
    });
    return new RunningCli(child, terminal, limitMs);
  }

  run(args: readonly string[], options: StartOptions = {}): Promise<Finished> {
    return this.start(args, options).ended;
  }

  /** Everything of this world that runs now. */
  processes(): MarkedProcess[] {
    return markedProcesses(`${MARK}=${this.#mark}`);
  }

  process(words: string): MarkedProcess {
    const found = this.processes().find((candidate) => candidate.command.includes(words));
    if (found === undefined) throw new Error(`nothing runs that is called with "${words}"`);
    return found;
  }

  /** Names of the files in which runs keep what they have started; the next start would clean up after them. */
  openRuns(): string[] {
    return readdirSync(this.path("tmp"), { recursive: true, encoding: "utf8" }).filter((name) =>
      name.includes(".json"),
    );
  }

  until(condition: () => boolean, describe: string): Promise<unknown> {
    return waitFor(condition, { describe, timeoutMs: CONDITION_LIMIT_MS });
  }

  untilNothingRuns(): Promise<unknown> {
    return waitFor(() => this.processes().length === 0, {
      describe: `everything to end (${this.processes()
        .map((one) => one.command)
        .join("; ")})`,
      timeoutMs: CONDITION_LIMIT_MS,
    });
  }

  /** Folder of the scenario's latest run. */
  latest(id = "cli/short"): string {
    return this.path("runs", id, "latest");
  }

  summary(id?: string): RunSummary {
    return this.json<RunSummary>(this.latest(id), "run.json");
  }

  json<T>(...path: string[]): T {
    return JSON.parse(readFileSync(join(...path), "utf8")) as T;
  }

  /** Resolves when every engine of the running scenario has stored and published under load. */
  underLoad(engines = 2): Promise<unknown> {
    const folder = join(this.latest(), "ledger");
    return waitFor(
      () => existsSync(folder) && ledgerSizes(folder).filter((n) => n >= LOADED_BATCHES).length >= engines,
      {
        describe: `${engines} engines under load`,
        timeoutMs: CONDITION_LIMIT_MS,
      },
    );
  }

  close(): void {
    for (const { pid } of this.processes()) process.kill(pid, "SIGKILL");
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 3 });
  }
}

export class RunningCli {
  readonly pid: number;
  readonly ended: Promise<Finished>;
  stdout = "";
  stderr = "";
  readonly #child: ChildProcess;
  readonly #terminal: boolean;

  constructor(child: ChildProcess, terminal: boolean, limitMs: number) {
    this.#child = child;
    this.#terminal = terminal;
    this.pid = child.pid as number;
    child.stdout?.on("data", (data: Buffer) => (this.stdout += data.toString()));
    child.stderr?.on("data", (data: Buffer) => (this.stderr += data.toString()));
    const limit = setTimeout(() => child.kill("SIGKILL"), limitMs);
    this.ended = new Promise((resolve) => {
      child.once("close", (code, signal) => {
        clearTimeout(limit);
        resolve({ code, signal, stdout: this.stdout, stderr: this.stderr });
      });
    });
  }

  signal(signal: NodeJS.Signals): void {
    if (this.#terminal) process.kill(-this.pid, signal);
    else this.#child.kill(signal);
  }

  /** As when the reader of a pipe goes away. */
  closeStdout(): void {
    this.#child.stdout?.destroy();
  }

  says(words: string): Promise<unknown> {
    return waitFor(() => this.stderr.includes(words), {
      describe: `"${words}" on standard error`,
      timeoutMs: CONDITION_LIMIT_MS,
    });
  }
}

function ledgerSizes(folder: string): number[] {
  return readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8").split("\n").length - 1);
}

/** Two engines for a moment, with bounds that a busy machine keeps. `more` goes at the end of the file. */
export function aScenario({ id = "cli/short", steady = "1500ms", more = "" } = {}): string {
  return `id: ${id}
title: Two engines for a moment
fleet:
  - model: llama
    replicas: 2
workload: { kind: shared-prefix, rate_per_s: 20, prefixes: 4, prefix_blocks: 4, suffix_blocks: [1, 2] }
probes: { visibility_per_s: 8, converge_prompts: 20 }
phases: { warmup: 300ms, steady: ${steady} }
bounds: { staleness: 500ms, recovery: 3s, gap: 1s, departure: 500ms }
seed: 3
${more}`;
}

/** The one line of standard error that tells what went wrong: code, fact and remedy. */
export function errorLine({ stderr }: Pick<Finished, "stderr">): string {
  const lines = stderr.split("\n").filter((line) => line.startsWith("KVP_E_"));
  expect(lines, stderr).toHaveLength(1);
  expect(lines[0]).toMatch(/^KVP_E_[A-Z_]+: .+[.?!)] [A-Z].*\.$/);
  return lines[0] as string;
}

export function expectNothingRuns(world: CliWorld): void {
  expect(world.processes()).toEqual([]);
  expect(world.openRuns()).toEqual([]);
}

/** No escape sequence of a terminal, and no path that walks in circles. */
export function expectPlain({ stdout, stderr }: Pick<Finished, "stdout" | "stderr">): void {
  expect(stdout + stderr).not.toContain("\u001b");
  const circles = `${stdout}${stderr}`
    .split("\n")
    .filter((line) => !line.startsWith("{") && /\/\.\.?\/|[^:]\/\//.test(line));
  expect(circles).toEqual([]);
}
