/** The indexer API: who is registered, who holds a prompt, where it would go. Shapes that standalone indexers share. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { KvproofError } from "../../base/errors.js";
import type { Engine } from "../fleet/engine.js";
import type { Fleet, ServingGroup } from "../fleet/fleet.js";
import { parseWith, registrationSchema, unregistrationSchema } from "../fleet/registration.js";
import type { FleetIndex } from "../fleet/seams.js";
import { LIMITS } from "../limits.js";
import type { AwaitedDecisions } from "../awaited-decisions.js";
import type { Choice } from "../policy/choose.js";
import type { Router } from "../policy/router.js";
import { badRequest, sendJson } from "./answers.js";
import { type AwaitedDecision, readQuestion } from "./question.js";
import { readBody } from "./read-body.js";

export interface IndexerApiDeps {
  readonly fleet: Fleet;
  readonly router: Router;
  readonly index: FleetIndex;
  readonly awaited: AwaitedDecisions;
  /** Host-monotonic nanoseconds, for whoever traces: dry runs then say when they decided. */
  readonly decidedNs: (() => number) | null;
}

export class IndexerApi {
  readonly #deps: IndexerApiDeps;
  constructor(deps: IndexerApiDeps) {
    this.#deps = deps;
  }

  /** `POST /register`: 200 `{}` as soon as the subscription is being set up. */
  async register(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#deps.fleet.register(parseWith(registrationSchema, await readAdminJson(request), "/register"));
    sendJson(response, 200, {});
  }

  /** `POST /unregister`: 200 `{}` once no answer names the engine; also when it was not known. */
  async unregister(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { engine, uid } = parseWith(unregistrationSchema, await readAdminJson(request), "/unregister");
    this.#deps.fleet.unregister(engine, uid);
    sendJson(response, 200, {});
  }

  /** `POST /query`: leading full blocks per engine; engines left out hold none. */
  async query(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const question = readQuestion(await readBody(request, LIMITS.queryBodyBytes), "/query");
    sendJson(response, 200, { engines: this.#deps.router.query(question) });
  }

  /**
   * `POST /route`: a dry run of a routing decision. Sends nothing, changes nothing. With `until` the answer waits for the events that
   * bring that decision about, `wait_ms` at most; it is the decision of that moment either way.
   */
  async route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const question = readQuestion(await readBody(request, LIMITS.queryBodyBytes), "/route");
    const { model, lora, salt, tokens, loads, until } = question;
    const groups = [await this.#serving(model, lora)];
    const decide = (): Choice | null => this.#deps.router.decide({ groups, salt, tokens, ...(loads ? { loads } : {}) });
    if (until !== null) await this.#awaitDecision(decide, until, response);
    const choice = decide();
    if (!choice) throw new KvproofError("KVP_E_NO_ENGINE", `no engine of ${model} answers at the moment`);
    const { decidedNs } = this.#deps;
    const [winner] = choice.ranking;
    sendJson(response, 200, {
      engine: winner.engine,
      matched_blocks: winner.blocks,
      candidates: choice.ranking.map(({ engine, blocks, load, credit, score }) => ({
        engine,
        blocks,
        load,
        credit,
        score,
      })),
      reason: `${choice.reason}: ${choice.because}`,
      ...(decidedNs === null ? {} : { decided_ns: decidedNs() }),
    });
  }

  async #awaitDecision(decide: () => Choice | null, until: AwaitedDecision, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    const { engine, matchedBlocks, waitMs } = until;
    const decided = (): boolean => {
      const winner = decide()?.ranking[0];
      return winner?.engine === engine && winner.blocks >= matchedBlocks;
    };
    await this.#deps.awaited.until(decided, waitMs, gone.signal);
  }

  /** `GET /workers` */
  workers(response: ServerResponse): void {
    const workers = [...this.#deps.fleet.engines()].map((engine) => ({
      engine: engine.name,
      uid: engine.registration.uid,
      model: engine.registration.model,
      http: engine.registration.http,
      healthy: engine.health.state === "healthy",
      health: engine.health.state,
      load: engine.load,
      adapters: Object.fromEntries(engine.models.adapters),
      ranks: engine.streams().map(({ rank, status }) => ({ rank, ...status })),
    }));
    sendJson(response, 200, { workers });
  }

  /** `GET /dump`: totals of the index. */
  dump(response: ServerResponse): void {
    const { fleet, index } = this.#deps;
    const stats = index.stats();
    const engines = Object.fromEntries(
      [...fleet.engines()].map((engine) => [engine.name, { blocks: index.blocksOf(engine.name) }]),
    );
    sendJson(response, 200, {
      engines,
      total_blocks: stats.blocks,
      cap_blocks: stats.capBlocks,
      side_entries: stats.parked + stats.unplaced + stats.retired,
    });
  }

  async #serving(model: string, lora: string | null): Promise<ServingGroup> {
    const { fleet } = this.#deps;
    const engines = fleet.ofModel(model);
    if (engines.length === 0) throw notServed(`model ${JSON.stringify(model)}`);
    if (lora === null) return { model, lora, engines };
    const loaded = (): Engine[] => fleet.ofModel(model).filter((engine) => engine.models.adapters.has(lora));
    if (loaded().length === 0) await fleet.refreshModels(model);
    if (loaded().length === 0) throw notServed(`adapter ${JSON.stringify(lora)} of ${JSON.stringify(model)}`);
    return { model, lora, engines: loaded() };
  }
}

function notServed(what: string): KvproofError {
  return new KvproofError("KVP_E_NOT_FOUND", `no registered engine serves ${what}`);
}

async function readAdminJson(request: IncomingMessage): Promise<unknown> {
  const body = await readBody(request, LIMITS.adminBodyBytes);
  try {
    return JSON.parse(body.toString("utf8"));
  } catch (thrown) {
    throw badRequest(`the body is not JSON: ${(thrown as Error).message}`);
  }
}
