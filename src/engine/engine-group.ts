/**
 * Many engines in one process, for fleets that a machine could not hold one process each: told line by line on standard input
 * what to start and stop. Each has its own sockets, cache, ledger and ports; only memory and event loop are shared.
 */
import { createInterface } from "node:readline";
import { asError } from "../base/errors.js";
import { createLogger } from "../base/log.js";
import { guardParent } from "../base/parent-guard.js";
import type { EngineOptions } from "./engine-options.js";
import { readyLine } from "./main.js";
import { type StartedEngine, startEngine } from "./start-engine.js";

/** Standard input: `start` has the arguments of `kvproof engine`. */
type Order = { readonly id: number; readonly start: readonly string[] } | { readonly id: number; readonly stop: true };

/** Resolves when it was told to end, or whoever started it is gone, and every engine has ended. */
export async function runEngineGroup(parse: (args: readonly string[]) => Promise<EngineOptions>): Promise<void> {
  const engines = new Map<number, StartedEngine>();
  const lines = createInterface({ input: process.stdin });
  lines.on("line", (line) => void carryOut(JSON.parse(line) as Order, engines, parse));
  const ended = new Promise<void>((resolve) => {
    lines.once("close", resolve);
    process.once("SIGTERM", () => resolve());
    guardParent(process.env.KVPROOF_PARENT_PID, () => resolve());
  });
  tell({ event: "ready" });
  await ended;
  await Promise.all([...engines.values()].map((engine) => engine.close()));
}

async function carryOut(
  order: Order,
  engines: Map<number, StartedEngine>,
  parse: (args: readonly string[]) => Promise<EngineOptions>,
): Promise<void> {
  const { id } = order;
  try {
    if ("stop" in order) {
      const engine = engines.get(id);
      engines.delete(id);
      await engine?.close();
      tell({ event: "engine-stopped", id });
      return;
    }
    const options = await parse(order.start);
    const engine = await startEngine(options, createLogger(options.name, options.logLevel));
    engines.set(id, engine);
    tell({ event: "engine-ready", id, ready: readyLine(options, engine) });
  } catch (thrown) {
    tell({ event: "engine-failed", id, message: asError(thrown).message });
  }
}

function tell(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}
