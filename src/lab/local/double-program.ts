/** kvproof's own engine, which keeps its ledger itself. */
import { join } from "node:path";
import { waitFor } from "../../base/async.js";
import { UnavailableError } from "../../base/errors.js";
import { cliEntry } from "../../base/package-root.js";
import type { EngineSpec } from "../ports.js";
import { answersHealth } from "./answers-health.js";
import { GRACEFUL_STOP_MS } from "./child-process.js";
import { engineArguments, type PodPlace } from "./engine-arguments.js";
import type { PodProcess } from "./engine-group.js";
import type { EngineNetwork } from "./engine-network.js";
import type { EngineProgram, PodLife, ProgramContext, Served, Startable } from "./engine-program.js";
import { parseEngineReady } from "./ready-lines.js";

const ENGINE_READY_TIMEOUT_MS = 30_000;
/** Small heaps: a hundred engines share one machine. */
const NODE_FLAGS = ["--max-semi-space-size=2", "--max-old-space-size=512"];

export class DoubleProgram implements EngineProgram {
  readonly kind = "double";
  readonly readyTimeoutMs = ENGINE_READY_TIMEOUT_MS;
  readonly stopTimeoutMs = GRACEFUL_STOP_MS;
  readonly #spec: EngineSpec;
  readonly #context: ProgramContext;

  constructor(spec: EngineSpec, context: ProgramContext) {
    this.#spec = spec;
    this.#context = context;
  }

  async place(place: PodPlace): Promise<PodPlace> {
    const { events, ranks } = this.#spec;
    return events && ranks > 1 && place.eventsPort === 0 ? withRankPorts(this.#context.network, place, ranks) : place;
  }

  begin(place: PodPlace, life: PodLife): Promise<{ start: Startable; ledgerFiles: string[] }> {
    const { dir, labToken, network } = this.#context;
    const { epoch, fileName, changes } = life;
    const ledgerFile = join(dir, "ledger", `${fileName}.${epoch}.ndjson`);
    const args = engineArguments(this.#spec, place, { epoch, ledgerFile, ...changes });
    const start = {
      ...network.inside(process.execPath, [...NODE_FLAGS, cliEntry(), ...args]),
      env: { KVPROOF_LAB_TOKEN: labToken, KVPROOF_PARENT_PID: String(process.pid) },
    };
    return Promise.resolve({ start, ledgerFiles: [ledgerFile] });
  }

  async ready(process: PodProcess): Promise<Served> {
    const { engine } = this.#spec;
    const ready = parseEngineReady(await process.ready(this.readyTimeoutMs), engine);
    await waitFor(async () => !process.alive || (await answersHealth(ready.http)), {
      describe: `engine ${engine} (${ready.http}) to answer /health`,
      timeoutMs: this.readyTimeoutMs,
      code: "KVP_E_ENGINE_NOT_READY",
    });
    if (!process.alive)
      throw new UnavailableError("KVP_E_ENGINE_NOT_READY", `engine ${engine} ended at once; ${process.logTail()}`);
    return { http: ready.http, lab: ready.lab, ranks: ready.ranks };
  }

  ended(): Promise<void> {
    return Promise.resolve();
  }
  settle(): Promise<void> {
    return Promise.resolve();
  }
  control(): null {
    return null;
  }
  prepareAdapter({ path }: { readonly path: string }): string {
    return path;
  }
}

/** vLLM's rank r publishes on port + r and replays on replay port + r; both runs of ports must be free. */
async function withRankPorts(network: EngineNetwork, place: PodPlace, ranks: number): Promise<PodPlace> {
  const eventsPort = await network.portRun(place.address, 2 * ranks);
  return { ...place, eventsPort, replayPort: eventsPort + ranks };
}
