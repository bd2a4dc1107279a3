/** Stops and continues a process of the lab (SIGSTOP, SIGCONT) and sees that it did. */
import { waitFor } from "../../base/async.js";
import { InternalError } from "../../base/errors.js";
import type { PodProcess } from "./engine-group.js";
import { isStopped } from "./process-table.js";

const SIGNAL_EFFECT_MS = 2_000;

export async function freezeProcess(process: PodProcess | null, name: string): Promise<void> {
  await signalUntil(process, name, "SIGSTOP");
}

export async function thawProcess(process: PodProcess | null, name: string): Promise<void> {
  await signalUntil(process, name, "SIGCONT");
}

async function signalUntil(process: PodProcess | null, name: string, signal: "SIGSTOP" | "SIGCONT"): Promise<void> {
  const pid = process?.pid;
  if (!pid || !process?.alive) throw new InternalError(`${name} does not run`);
  process.signal(signal);
  await waitFor(() => isStopped(pid) === (signal === "SIGSTOP"), {
    describe: `${name} to follow ${signal}`,
    timeoutMs: SIGNAL_EFFECT_MS,
    intervalMs: 2,
  });
}
