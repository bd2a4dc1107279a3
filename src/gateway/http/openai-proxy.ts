/** The OpenAI surface: reads a request, decides who serves it, and relays it, on the next best engine if the first one fails. */
import { performance } from "node:perf_hooks";
import type { IncomingMessage, ServerResponse } from "node:http";
import { KvproofError } from "../../base/errors.js";
import type { Logger } from "../../base/log.js";
import type { Engine } from "../fleet/engine.js";
import type { Fleet, ServingGroup } from "../fleet/fleet.js";
import { LIMITS } from "../limits.js";
import type { Choice, ScoredCandidate } from "../policy/choose.js";
import { type Router, usable } from "../policy/router.js";
import type { Tokenizer } from "../tokenizer.js";
import { upstreamHeaders } from "./headers.js";
import type { RequestMetrics } from "./metrics/request-metrics.js";
import { type OpenAiSurface, readPrompt, type RoutablePrompt } from "./prompt.js";
import { readBody } from "./read-body.js";
import { relay, type RelayResult } from "./relay.js";
import { sendError, statusOf } from "./answers.js";

export interface ProxyDeps {
  readonly fleet: Fleet;
  readonly router: Router;
  readonly tokenizer: Tokenizer;
  readonly metrics: RequestMetrics;
  readonly log: Logger;
  readonly maxBodyBytes: number;
}

/** Worth another engine: this one is broken or full. 404 only for adapters, which may have been unloaded a moment ago. */
const RETRY_STATUSES: ReadonlySet<number> = new Set([500, 502, 503, 504]);
const RETRY_STATUSES_ADAPTER: ReadonlySet<number> = new Set([...RETRY_STATUSES, 404]);
const NO_RETRY: ReadonlySet<number> = new Set();

/** nginx's status for a client that went away; seen in metrics only. */
const CLIENT_CLOSED_REQUEST = 499;

interface Exchange {
  readonly surface: OpenAiSurface;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly arrivedMs: number;
  readonly clientGone: AbortController;
}

/** Prompt tokens that the match spares the engine: the last one is always computed (vLLM: max_cache_hit_length), so its block is, too. */
function reusable(matchedBlocks: number, blockTokens: number, promptTokens: number): number {
  if (blockTokens === 0) return 0;
  return Math.min(matchedBlocks, Math.floor(Math.max(0, promptTokens - 1) / blockTokens)) * blockTokens;
}

export class OpenAiProxy {
  readonly #deps: ProxyDeps;
  #inFlight = 0;

  constructor(deps: ProxyDeps) {
    this.#deps = deps;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Never rejects: every failure becomes an answer, or a cut connection when the answer had begun. */
  async handle(surface: OpenAiSurface, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const clientGone = new AbortController();
    const exchange: Exchange = { surface, request, response, arrivedMs: performance.now(), clientGone };
    response.once("close", () => clientGone.abort());
    this.#inFlight++;
    this.#deps.metrics.requestBegan();
    let status = 500;
    try {
      status = await this.#serve(exchange);
    } catch (thrown) {
      status = statusOf(thrown);
      sendError(response, thrown);
    } finally {
      this.#inFlight--;
      this.#deps.metrics.requestEnded(surface, status, secondsSince(exchange));
    }
  }

  async #serve(exchange: Exchange): Promise<number> {
    const { router, metrics } = this.#deps;
    if (this.#inFlight > LIMITS.requestsInFlight) {
      throw new KvproofError(
        "KVP_E_LIMIT",
        `${LIMITS.requestsInFlight} requests are in flight (limit: requestsInFlight)`,
      );
    }
    const body = await readBody(exchange.request, this.#deps.maxBodyBytes);
    const prompt = readPrompt(exchange.surface, body);
    const groups = await this.#groupsOf(prompt.model);
    const tokens = await this.#tokensOf(prompt, groups);
    const choice = router.route({ groups, salt: prompt.salt, tokens });
    if (!choice) throw new KvproofError("KVP_E_NO_ENGINE", `no engine of ${prompt.model} answers at the moment`);
    const best = choice.ranking[0];
    const blockTokens = this.#deps.fleet.get(best.engine)?.registration.block_size ?? 0;
    metrics.decided(choice.reason, tokens?.length ?? 0, reusable(best.blocks, blockTokens, tokens?.length ?? 0));
    this.#deps.log.debug({ engine: best.engine, reason: choice.reason, because: choice.because }, "routed");
    return this.#relay(exchange, body, choice, groups);
  }

  async #groupsOf(model: string): Promise<ServingGroup[]> {
    const { fleet } = this.#deps;
    const known = fleet.serving(model);
    if (known.length > 0) return known;
    await fleet.refreshModels();
    const groups = fleet.serving(model);
    if (groups.length > 0) return groups;
    throw new KvproofError(
      "KVP_E_NOT_FOUND",
      `no registered engine serves a model or adapter named ${JSON.stringify(model)}`,
    );
  }

  async #tokensOf(prompt: RoutablePrompt, groups: readonly ServingGroup[]): Promise<Uint32Array | null> {
    if (prompt.tokens || prompt.tokenize === null) return prompt.tokens;
    const askable = usable(groups.flatMap((group) => group.engines));
    return this.#deps.tokenizer.tokens(
      prompt.tokenize,
      [...askable].sort((a, b) => a.load - b.load),
    );
  }

  async #relay(exchange: Exchange, body: Buffer, choice: Choice, groups: readonly ServingGroup[]): Promise<number> {
    const { metrics } = this.#deps;
    const headers = upstreamHeaders(exchange.request.headers);
    const retryStatuses = groups.some((group) => group.lora !== null) ? RETRY_STATUSES_ADAPTER : RETRY_STATUSES;
    const queue = [...choice.ranking];
    const tried: string[] = [];
    for (let attempt = 1; attempt <= LIMITS.attempts; attempt++) {
      const next = this.#next(queue);
      if (!next) break;
      const { engine, candidate } = next;
      const last = attempt === LIMITS.attempts || !queue.some((other) => this.#alive(other));
      const result = await relay(engine, {
        path: exchange.surface,
        headers: withRank(headers, candidate),
        body,
        response: exchange.response,
        clientGone: exchange.clientGone.signal,
        retryStatuses: last ? NO_RETRY : retryStatuses,
        answerHeaders: answerHeaders(candidate, choice),
        onFirstByte: () => metrics.firstByte(exchange.surface, secondsSince(exchange)),
      });
      if (result.outcome !== "failed") return this.#ended(engine, result);
      tried.push(`${engine.name}: ${result.error.message}`);
      if (result.reason === "adapter-missing") void engine.models.refresh();
      if (!result.retry || last) {
        metrics.upstreamFailed(result.reason);
        if (result.retry) break;
        throw new KvproofError("KVP_E_TIMEOUT", `no first byte in time (${tried.join("; ")})`);
      }
      metrics.retried(result.reason);
      engine.log.warn({ reason: result.reason, error: result.error.message }, "request goes to the next best engine");
    }
    throw new KvproofError(
      "KVP_E_UPSTREAM",
      `no engine could serve the request (${tried.join("; ") || "all are gone"})`,
    );
  }

  #alive(candidate: ScoredCandidate): Engine | null {
    const engine = this.#deps.fleet.get(candidate.engine);
    return engine && engine.health.state !== "down" ? engine : null;
  }

  /** The best that is still there: engines may have been removed or seen dead since the decision. */
  #next(queue: ScoredCandidate[]): { engine: Engine; candidate: ScoredCandidate } | null {
    for (let candidate = queue.shift(); candidate; candidate = queue.shift()) {
      const engine = this.#alive(candidate);
      if (engine) return { engine, candidate };
    }
    return null;
  }

  #ended(engine: Engine, result: Exclude<RelayResult, { outcome: "failed" }>): number {
    if (result.outcome === "client-gone") {
      this.#deps.metrics.clientAborted();
      return CLIENT_CLOSED_REQUEST;
    }
    engine.served++;
    if (result.outcome === "cut") {
      this.#deps.metrics.upstreamFailed("reset");
      engine.log.warn(
        { error: result.error.message },
        "the engine failed in the middle of an answer; the client's connection was cut",
      );
    }
    return result.status;
  }
}

function withRank(
  headers: Readonly<Record<string, string | string[]>>,
  candidate: ScoredCandidate,
): Record<string, string | string[]> {
  // vLLM's way to pin a data-parallel rank; a client that pins one itself knows better.
  if (candidate.rank === null || candidate.blocks === 0 || headers["x-data-parallel-rank"] !== undefined)
    return { ...headers };
  return { ...headers, "x-data-parallel-rank": String(candidate.rank) };
}

function answerHeaders(candidate: ScoredCandidate, choice: Choice): Record<string, string> {
  return {
    "x-kvproof-engine": candidate.engine,
    "x-kvproof-matched-blocks": String(candidate.blocks),
    "x-kvproof-reason": candidate === choice.ranking[0] ? choice.reason : "retry",
  };
}

function secondsSince(exchange: Exchange): number {
  return (performance.now() - exchange.arrivedMs) / 1000;
}
