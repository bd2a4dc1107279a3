/** A system under test that serves HTTP and is started by the lab: up once its URL answers anything. */
import { waitFor } from "../../base/async.js";
import { asError, KvproofError, UnavailableError } from "../../base/errors.js";
import type { GatewayHandle, SutLaunch } from "../ports.js";
import { freePortRun } from "./addresses.js";
import { answersAnything } from "./answers-anything.js";
import type { PodContext } from "./engine-pod.js";
import { ForeignProcess } from "./foreign-process.js";
import { type GatewayPlace, TOKEN_VARIABLE } from "./gateway-process.js";
import type { SutProcess } from "./sut-process.js";

const READY_TIMEOUT_MS = 30_000;

type Launch = Extract<SutLaunch, { kind: "http" }> & { readonly command: string };

/** Places with a port are chosen before the first start; a restart keeps them. */
export async function placeWithPort(place: GatewayPlace): Promise<GatewayPlace> {
  return place.port === 0 ? { ...place, port: await freePortRun(place.address, 1) } : place;
}

export class HttpProcess implements SutProcess {
  #place: GatewayPlace;
  readonly #context: PodContext;
  readonly #launch: Launch;
  #process: ForeignProcess | null = null;

  constructor(context: PodContext, launch: Launch, place: GatewayPlace) {
    this.#context = context;
    this.#launch = launch;
    this.#place = place;
  }

  get place(): GatewayPlace {
    return this.#place;
  }

  async ready(): Promise<GatewayHandle> {
    this.#place = await placeWithPort(this.#place);
    const { address, port, adminToken } = this.#place;
    const filled = (text: string): string => text.replaceAll("{address}", address).replaceAll("{port}", String(port));
    const foreign = new ForeignProcess(this.#context, {
      command: filled(this.#launch.command),
      args: (this.#launch.args ?? []).map(filled),
      env: { [TOKEN_VARIABLE]: adminToken },
      output: "log",
    });
    this.#process = foreign;
    const url = filled(this.#launch.url);
    await this.#answers(foreign, url);
    return { url, adminToken, logFile: foreign.process.command.logFile };
  }

  async #answers(foreign: ForeignProcess, url: string): Promise<void> {
    try {
      await waitFor(async () => !foreign.process.alive || (await answersAnything(url)), {
        describe: `the system under test to answer at ${url}`,
        timeoutMs: READY_TIMEOUT_MS,
        signal: this.#context.closing,
        code: "KVP_E_SUT_UNAVAILABLE",
      });
    } catch (thrown) {
      foreign.signal("SIGKILL");
      await foreign.exited;
      const code = thrown instanceof KvproofError ? thrown.code : "KVP_E_SUT_UNAVAILABLE";
      throw new UnavailableError(code, `${asError(thrown).message}; ${foreign.process.logTail()}`, { cause: thrown });
    }
    // What kept it from starting is told with its end.
    if (!foreign.process.alive) await foreign.process.ready(0);
  }

  stop(how: "graceful" | "kill"): Promise<void> {
    return this.#process?.stop(how) ?? Promise.resolve();
  }
  freeze(): Promise<void> {
    return this.#process?.freeze() ?? Promise.resolve();
  }
  thaw(): Promise<void> {
    return this.#process?.thaw() ?? Promise.resolve();
  }
  signal(signal: NodeJS.Signals): void {
    this.#process?.signal(signal);
  }
  get exited(): Promise<unknown> {
    return this.#process?.exited ?? Promise.resolve();
  }
  usage(): ReturnType<ForeignProcess["usage"]> {
    return this.#process?.usage() ?? null;
  }
}
