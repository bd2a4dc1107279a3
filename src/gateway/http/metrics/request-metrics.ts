/** What the gateway counts itself, as it happens. docs/reference/metrics.md describes each; a test holds the two together. */
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { HealthEvents } from "../../fleet/engine-health.js";
import type { UpstreamFailure } from "../../fleet/engine-http.js";
import type { RouteReason } from "../../policy/choose.js";
import type { TokenizerResult } from "../../tokenizer.js";

const SERVING_BUCKETS_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];
const API_BUCKETS_S = [0.0001, 0.00025, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1];

/** Why a request left an engine before its first byte for another one. */
export type RetryReason = UpstreamFailure | "status" | "stopped-serving" | "adapter-missing";

export class RequestMetrics {
  readonly #requests: Counter<"route" | "status">;
  readonly #seconds: Histogram<"route">;
  readonly #firstByteSeconds: Histogram<"route">;
  readonly #inFlight: Gauge;
  readonly #retries: Counter<"reason">;
  readonly #failures: Counter<"reason">;
  readonly #clientAborts: Counter;
  readonly #decisions: Counter<"reason">;
  readonly #promptTokens: Counter;
  readonly #matchedTokens: Counter;
  readonly #tokenizer: Counter<"result">;
  readonly #healthChecks: Counter<"result">;
  readonly #adapterDrops: Counter;
  readonly #apiSeconds: Histogram<"route" | "status">;

  constructor(registry: Registry) {
    const counter = <L extends string>(name: string, help: string, labelNames: L[] = []): Counter<L> =>
      new Counter({ name: `kvproof_gateway_${name}`, help, labelNames, registers: [registry] });
    const histogram = <L extends string>(
      name: string,
      help: string,
      labelNames: L[],
      buckets: number[],
    ): Histogram<L> =>
      new Histogram({ name: `kvproof_gateway_${name}`, help, labelNames, buckets, registers: [registry] });
    this.#requests = counter("requests_total", "OpenAI requests answered, by status", ["route", "status"]);
    this.#seconds = histogram("request_seconds", "OpenAI request, arrival to last byte", ["route"], SERVING_BUCKETS_S);
    this.#firstByteSeconds = histogram(
      "first_byte_seconds",
      "OpenAI request, arrival to first byte",
      ["route"],
      SERVING_BUCKETS_S,
    );
    this.#inFlight = new Gauge({
      name: "kvproof_gateway_requests_in_flight",
      help: "OpenAI requests being served",
      registers: [registry],
    });
    this.#retries = counter("retries_total", "Requests sent to the next best engine before their first byte", [
      "reason",
    ]);
    this.#failures = counter("upstream_failures_total", "Requests that failed for good at the engines", ["reason"]);
    this.#clientAborts = counter("client_aborts_total", "Requests whose client went away before the last byte");
    this.#decisions = counter("route_decisions_total", "Routing decisions for requests, by reason", ["reason"]);
    this.#promptTokens = counter("prompt_tokens_total", "Prompt tokens of routed requests, where known");
    this.#matchedTokens = counter(
      "matched_tokens_total",
      "Prompt tokens that the chosen engine is believed to hold and can use",
    );
    this.#tokenizer = counter("tokenizer_requests_total", "Text prompts turned into tokens", ["result"]);
    this.#healthChecks = counter("health_checks_total", "Looks at engines' /health", ["result"]);
    this.#adapterDrops = counter("adapter_drops_total", "Times an adapter's entries of one engine were forgotten");
    this.#apiSeconds = histogram(
      "api_seconds",
      "Indexer API calls, arrival to answer",
      ["route", "status"],
      API_BUCKETS_S,
    );
  }

  requestBegan(): void {
    this.#inFlight.inc();
  }
  requestEnded(route: string, status: number, seconds: number): void {
    this.#inFlight.dec();
    this.#requests.inc({ route, status });
    this.#seconds.observe({ route }, seconds);
  }
  firstByte(route: string, seconds: number): void {
    this.#firstByteSeconds.observe({ route }, seconds);
  }
  retried(reason: RetryReason): void {
    this.#retries.inc({ reason });
  }
  upstreamFailed(reason: RetryReason): void {
    this.#failures.inc({ reason });
  }
  clientAborted(): void {
    this.#clientAborts.inc();
  }
  decided(reason: RouteReason, promptTokens: number, matchedTokens: number): void {
    this.#decisions.inc({ reason });
    this.#promptTokens.inc(promptTokens);
    this.#matchedTokens.inc(matchedTokens);
  }
  tokenized(result: TokenizerResult): void {
    this.#tokenizer.inc({ result });
  }
  healthChecked(result: Parameters<HealthEvents["checked"]>[0]): void {
    this.#healthChecks.inc({ result });
  }
  adapterDropped(): void {
    this.#adapterDrops.inc();
  }
  apiAnswered(route: string, status: number, seconds: number): void {
    this.#apiSeconds.observe({ route, status }, seconds);
  }
}
