/** A real vLLM of the local lab: started from a virtual environment (KVPROOF_VLLM_PYTHON), followed by a tap in place of a ledger. */
import { join } from "node:path";
import { waitFor } from "../../base/async.js";
import { asError, InternalError, KvproofError, UnavailableError } from "../../base/errors.js";
import { Rng } from "../../base/rng.js";
import type { PodProcess } from "../local/engine-group.js";
import { type PodPlace, topicOf } from "../local/engine-arguments.js";
import type { EngineProgram, PodLife, ProgramContext, Served, Startable } from "../local/engine-program.js";
import { answersHealth } from "../local/answers-health.js";
import type { EngineSpec, VllmSpec } from "../ports.js";
import { writeTinyAdapter, writeTinyModel } from "./tiny-model.js";
import { vllmArguments, vllmEnvironment } from "./vllm-arguments.js";
import { VllmLife } from "./vllm-life.js";
import { vllmPython } from "./vllm-python.js";

/** Alone on two cores it takes 25 s, beside others a minute, on a machine that leaves it a tenth of a core nearly five. */
const READY_TIMEOUT_MS = 480_000;
const HEALTH_LOOK_MS = 200;
/** The API server waits for its engine core, which waits for its worker. */
const STOP_TIMEOUT_MS = 15_000;
const SERVER = ["-m", "vllm.entrypoints.openai.api_server"];

export class VllmProgram implements EngineProgram {
  readonly kind = "vllm";
  readonly readyTimeoutMs = READY_TIMEOUT_MS;
  readonly stopTimeoutMs = STOP_TIMEOUT_MS;
  readonly #spec: EngineSpec;
  readonly #vllm: VllmSpec;
  readonly #context: ProgramContext;
  readonly #rng: Rng;
  #life: VllmLife | null = null;

  constructor(spec: EngineSpec, vllm: VllmSpec, context: ProgramContext) {
    this.#spec = spec;
    this.#vllm = vllm;
    this.#context = context;
    this.#rng = new Rng(spec.seed);
  }

  get #ownModel(): boolean {
    return !this.#vllm.args.includes("--model");
  }

  async place(place: PodPlace): Promise<PodPlace> {
    if (place.httpPort !== 0) return place;
    const { ranks } = this.#spec;
    // vLLM binds its publishers on every address, so that no two engines may share a number.
    const eventsPort = await this.#context.network.sharedPortRun(2 * ranks + 1);
    return { ...place, eventsPort, replayPort: eventsPort + ranks, httpPort: eventsPort + 2 * ranks };
  }

  begin(place: PodPlace, { epoch, fileName }: PodLife): Promise<{ start: Startable; ledgerFiles: readonly string[] }> {
    const { network } = this.#context;
    const topic = topicOf(this.#spec);
    const http = `http://${place.address}:${place.httpPort}`;
    const streams = this.#spec.events ? this.#ranks(place) : [];
    this.#life = new VllmLife(
      this.#spec,
      { epoch, http, streams, topic, fileName },
      { ...this.#context, rng: this.#rng },
    );
    const adapters = this.#spec.adapters.map(({ name, path }) => ({ name, path: this.#adapterFolder(path) }));
    const model = { path: this.#modelFolder(), adapters };
    const [program = "", ...first] = this.#vllm.command ?? [vllmPython(), ...SERVER];
    const args = [...first, ...vllmArguments(this.#spec, place, topic, model)];
    const env = vllmEnvironment(this.#spec, this.#vllm, place.address);
    const start: Startable = { ...network.inside(program, args), env, foreign: "log" };
    return Promise.resolve({ start, ledgerFiles: this.#life.ledgerFiles });
  }

  async ready(process: PodProcess, place: PodPlace): Promise<Served> {
    const http = `http://${place.address}:${place.httpPort}`;
    const { engine } = this.#spec;
    try {
      await waitFor(async () => !process.alive || (await answersHealth(http).catch(() => false)), {
        describe: `vLLM as engine ${engine} (${http}) to answer /health`,
        timeoutMs: READY_TIMEOUT_MS,
        intervalMs: HEALTH_LOOK_MS,
        code: "KVP_E_ENGINE_NOT_READY",
      });
    } catch (thrown) {
      const code = thrown instanceof KvproofError ? thrown.code : "KVP_E_ENGINE_NOT_READY";
      throw new UnavailableError(code, `${asError(thrown).message}; ${process.logTail()}`, { cause: thrown });
    }
    // What kept it from starting is told with its end.
    if (!process.alive) await process.ready(0);
    return { http, lab: null, ranks: this.#ranks(place) };
  }

  async ended(): Promise<void> {
    const life = this.#life;
    this.#life = null;
    await life?.ended();
  }

  async settle(): Promise<void> {
    await this.#life?.settle();
  }

  control(path: string, body: unknown): Promise<unknown> {
    if (this.#life === null) throw new InternalError(`${this.#spec.engine} does not run`);
    return this.#life.control(path, body);
  }

  prepareAdapter({ name, path }: { readonly name: string; readonly path: string }): string {
    if (this.#life === null) throw new InternalError(`${this.#spec.engine} is to load an adapter and does not run`);
    this.#life.adapters.load(name, path);
    return this.#adapterFolder(path);
  }

  #ranks({ address, eventsPort, replayPort }: PodPlace): { rank: number; events: string; replay: string }[] {
    return Array.from({ length: this.#spec.ranks }, (_, rank) => ({
      rank,
      events: `tcp://${address}:${eventsPort + rank}`,
      replay: `tcp://${address}:${replayPort + rank}`,
    }));
  }

  #modelFolder(): string | null {
    if (!this.#ownModel) return null;
    const folder = join(this.#context.dir, "model");
    writeTinyModel(folder);
    return folder;
  }

  /** Adapters of the tiny model are made on the spot, one per path; those of another model are where the scenario says. */
  #adapterFolder(path: string): string {
    if (!this.#ownModel) return path;
    const folder = join(this.#context.dir, "adapters", path.replaceAll(/[^A-Za-z0-9._-]+/g, "-").replace(/^-+/, ""));
    writeTinyAdapter(
      folder,
      Buffer.from(path).reduce((sum, byte) => (sum * 31 + byte) | 0, 7),
    );
    return folder;
  }
}
