/** A fresh process of one build, in a folder of its own that is gone afterwards. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { asError, ExitCode, UnavailableError } from "../base/errors.js";
import type { Build } from "./build.js";

const run = promisify(execFile);

const QUOTED_CHARACTERS = 300;
const OUTPUT_LIMIT_BYTES = 4 * 1024 * 1024;

export interface BuildRun<T> {
  readonly build: Pick<Build, "label">;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Of node: the program first. */
  readonly args: (folder: string) => readonly string[];
  readonly read: (folder: string) => T;
}

/**
 * What `read` finds once the process has ended well, or has missed a threshold: that says how fast the machine is today, and
 * both sides of a comparison run on it.
 * @throws UnavailableError KVP_E_BENCHMARK_FAILED with the end of what the process said; KVP_E_INTERRUPTED.
 */
export async function runBuild<T>({ build, timeoutMs, signal, args, read }: BuildRun<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "kvproof-bench-"));
  try {
    const limits = { timeout: timeoutMs, maxBuffer: OUTPUT_LIMIT_BYTES, signal };
    await run(process.execPath, args(folder), limits).catch((thrown: unknown) => {
      if ((thrown as { code?: unknown }).code !== ExitCode.threshold) throw thrown;
    });
    return read(folder);
  } catch (thrown) {
    if (signal.aborted) throw new UnavailableError("KVP_E_INTERRUPTED", "interrupted while measuring");
    if (thrown instanceof UnavailableError) throw thrown;
    const { stderr = "", stdout = "" } = thrown as { stderr?: string; stdout?: string };
    const said = (stderr.trim() || stdout.trim() || asError(thrown).message).slice(-QUOTED_CHARACTERS);
    throw new UnavailableError("KVP_E_BENCHMARK_FAILED", `${build.label}: ${said}`, { cause: thrown });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
