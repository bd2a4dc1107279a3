/** The engine process: start, one ready line on standard output, and an orderly end. */
import { createLogger } from "../base/log.js";
import { guardParent } from "../base/parent-guard.js";
import type { EngineOptions } from "./engine-options.js";
import { type StartedEngine, startEngine } from "./start-engine.js";

/** What the ready line says, one JSON object. `ranks` is empty when events are off. */
export interface ReadyLine {
  readonly event: "ready";
  readonly engine: string;
  readonly epoch: number;
  readonly http: string;
  readonly lab: string;
  readonly ranks: readonly { readonly rank: number; readonly events: string; readonly replay: string | null }[];
  readonly pid: number;
}

/** Resolves when the engine was told to end (SIGTERM, SIGINT, or the process of KVPROOF_PARENT_PID is gone) and has ended. */
export async function runEngine(options: EngineOptions): Promise<void> {
  const log = createLogger(options.name, options.logLevel);
  const started = await startEngine(options, log);
  const ended = endReason();
  process.stdout.write(`${JSON.stringify(readyLine(options, started))}\n`);
  log.info({ http: started.http, lab: started.lab }, "ready");
  const reason = await ended;
  log.info({ reason }, "ending");
  await started.close();
}

export function readyLine({ name, epoch }: EngineOptions, { engine, http, lab }: StartedEngine): ReadyLine {
  return { event: "ready", engine: name, epoch, http, lab, ranks: engine.endpoints, pid: process.pid };
}

/** An engine whose lab died has nobody to stop it; it ends by itself instead of holding ports for ever. */
function endReason(): Promise<string> {
  return new Promise((resolve) => {
    process.once("SIGTERM", () => resolve("SIGTERM"));
    process.once("SIGINT", () => resolve("SIGINT"));
    guardParent(process.env.KVPROOF_PARENT_PID, () => resolve("the parent process is gone"));
  });
}
