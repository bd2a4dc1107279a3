/** Runs a program of others to its end: bounded, told of line by line, and ended with everything it started when the wait is given up. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { deferred } from "../../../base/async.js";
import { KvproofError, UnavailableError } from "../../../base/errors.js";

export interface ToolRun {
  readonly program: string;
  readonly args: readonly string[];
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Gets what it says on standard error, for people who wait. */
  readonly onLine?: (line: string) => void;
  /** Exit codes that are an answer; default: 0. */
  readonly fine?: readonly number[];
}

export interface ToolAnswer {
  readonly code: number;
  readonly stdout: string;
}

const END_MS = 5_000;
const MAX_OUTPUT_CHARACTERS = 4 * 1024 * 1024;
const QUOTED_LINES = 4;
const QUOTED_CHARACTERS = 600;

/** @throws UnavailableError KVP_E_CLUSTER_TOOL when it is not there, fails or takes too long; KvproofError KVP_E_INTERRUPTED. */
export async function runTool(asked: ToolRun): Promise<ToolAnswer> {
  const { program, args, timeoutMs, signal, onLine, fine = [0] } = asked;
  const typed = [program, ...args].join(" ");
  if (signal?.aborted) throw new KvproofError("KVP_E_INTERRUPTED", `${typed} was not begun`);
  // A group of its own: Ctrl-C reaches us alone, and what the program started ends with it.
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], detached: true });
  const ended = deferred<number | string>();
  const said: string[] = [];
  let stdout = "";
  child.stdout.on("data", (data: Buffer) => {
    if (stdout.length < MAX_OUTPUT_CHARACTERS) stdout += data.toString();
  });
  createInterface({ input: child.stderr }).on("line", (line) => {
    said.push(line);
    if (said.length > QUOTED_LINES) said.shift();
    onLine?.(line);
  });
  child.once("error", ({ message }) => ended.resolve(message));
  child.once("close", (code, by) => ended.resolve(code ?? `signal ${by}`));
  const end = endingOf(child.pid);
  let gaveUp: "late" | "interrupted" | null = null;
  const giveUp = (why: "late" | "interrupted"): void => {
    gaveUp ??= why;
    end.begin();
  };
  const limit = setTimeout(() => giveUp("late"), timeoutMs);
  const onAbort = (): void => giveUp("interrupted");
  signal?.addEventListener("abort", onAbort, { once: true });
  // A second Ctrl-C ends us at once: the program must not go on alone.
  process.once("exit", end.hard);
  const how = await ended.promise;
  clearTimeout(limit);
  process.off("exit", end.hard);
  end.over();
  signal?.removeEventListener("abort", onAbort);
  if (gaveUp === "interrupted") throw new KvproofError("KVP_E_INTERRUPTED", `${typed} was ended`);
  const words = said.join("; ").slice(-QUOTED_CHARACTERS) || "nothing";
  if (gaveUp === "late")
    throw new UnavailableError("KVP_E_CLUSTER_TOOL", `${typed} took more than ${timeoutMs} ms; it said last: ${words}`);
  if (typeof how === "number" && fine.includes(how)) return { code: how, stdout };
  const what = typeof how === "number" ? `exit code ${how}` : how;
  throw new UnavailableError("KVP_E_CLUSTER_TOOL", `${typed} failed (${what}); it said: ${words}`);
}

/** SIGTERM to the whole group, and SIGKILL to what does not heed it. */
function endingOf(pid: number | undefined): { begin(): void; hard(this: void): void; over(): void } {
  let later: NodeJS.Timeout | undefined;
  const send = (signal: NodeJS.Signals): void => {
    try {
      if (pid !== undefined) process.kill(-pid, signal);
    } catch {
      // Gone already.
    }
  };
  return {
    begin: () => {
      send("SIGTERM");
      later ??= setTimeout(() => send("SIGKILL"), END_MS);
    },
    hard: () => send("SIGKILL"),
    over: () => clearTimeout(later),
  };
}
