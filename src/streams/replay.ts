/** `kvproof replay`: reads a trace once to know it, then publishes it to whoever listens. */
import { delay } from "../base/async.js";
import { publishTrace } from "./publish/publish-trace.js";
import { ReplayedFleet, type ReplayedEngine } from "./publish/replayed-fleet.js";
import { RouterClient } from "./publish/router-client.js";
import { openStreams } from "./trace/open-trace.js";
import { traceFacts } from "./trace/trace-facts.js";

/** What was sent last is still on its way when the last batch is published. */
const FAREWELL_MS = 200;
/** "Until Ctrl-C", looked at so often. */
const STAY_LOOK_MS = 60_000;

export interface ReplayOptions {
  readonly speed: number;
  readonly model: string;
  readonly host: string;
  readonly port: number;
  readonly bufferSteps: number;
  readonly waitSubscribers: number;
  readonly waitTimeout: number;
  readonly register?: string;
  readonly token: string | null;
  readonly loop: number;
  readonly stay: boolean;
  readonly cut: boolean;
  readonly signal: AbortSignal;
  readonly onEvent: (event: ReplayEvent) => void;
}

export type ReplayEvent =
  | { readonly event: "ready"; readonly pid: number; readonly engines: readonly ReplayedEngine[] }
  | {
      readonly event: "published";
      readonly batches: number;
      readonly restarts: number;
      /** Restarts after which subscribers were missing. */
      readonly lonely_restarts: number;
      readonly seconds: number;
    };

/** @throws UsageError KVP_E_TRACE_INVALID before anything is bound; TimeoutError when nobody subscribes. */
export async function replayTrace(file: string, options: ReplayOptions): Promise<{ readonly complete: boolean }> {
  const { signal, cut, bufferSteps: ring, host, port, model, speed, onEvent } = options;
  const facts = await traceFacts(await openStreams(file, { cut }));
  const fleet = await ReplayedFleet.open(facts, { host, port, model, ring });
  const router = options.register === undefined ? null : new RouterClient(options.register, options.token);
  try {
    onEvent({ event: "ready", pid: process.pid, engines: fleet.engines });
    for (const engine of fleet.engines) await router?.register(engine);
    await fleet.subscribed(options.waitSubscribers, options.waitTimeout, signal);
    for (let pass = 1; pass <= options.loop && !signal.aborted; pass++) {
      const began = performance.now();
      const { records } = await openStreams(file, { cut });
      const pace = { speed, subscribers: options.waitSubscribers, signal };
      const { batches, restarts, lonely } = await publishTrace(records, fleet, pace, pass > 1);
      const seconds = Math.round(performance.now() - began) / 1000;
      onEvent({ event: "published", batches, restarts, lonely_restarts: lonely, seconds });
    }
    const complete = !signal.aborted;
    if (options.stay) while (!signal.aborted) await delay(STAY_LOOK_MS, signal);
    else await delay(FAREWELL_MS, signal);
    return { complete };
  } finally {
    for (const engine of fleet.engines) await router?.unregister(engine.engine);
    await fleet.close();
  }
}
