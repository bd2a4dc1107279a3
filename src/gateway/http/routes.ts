/** Which call goes where. */
import { performance } from "node:perf_hooks";
import type { AppliedTrace } from "../applied-trace.js";
import type { Fleet } from "../fleet/fleet.js";
import type { Readiness } from "../readiness.js";
import type { AdminToken } from "./admin-token.js";
import { sendError, sendJson, sendText, statusOf } from "./answers.js";
import type { IndexerApi } from "./indexer-api.js";
import type { GatewayMetrics } from "./metrics/gateway-metrics.js";
import { mergedModelList } from "./merged-models.js";
import { profileRoutes } from "./profile-routes.js";
import type { OpenAiProxy } from "./openai-proxy.js";
import type { Handler, RouteTable } from "./server.js";

export interface RouteDeps {
  readonly fleet: Fleet;
  readonly proxy: OpenAiProxy;
  readonly api: IndexerApi;
  readonly admin: AdminToken;
  readonly metrics: GatewayMetrics;
  readonly readiness: Readiness;
  readonly trace: AppliedTrace | null;
}

export function gatewayRoutes({ fleet, proxy, api, admin, metrics, readiness, trace }: RouteDeps): RouteTable {
  const timed = (route: string, handler: Handler): Handler => timedRoute(metrics, route, handler);
  const guarded =
    (handler: Handler): Handler =>
    (request, response) => {
      admin.check(request);
      return handler(request, response);
    };
  return {
    "POST /v1/completions": (request, response) => proxy.handle("/v1/completions", request, response),
    "POST /v1/chat/completions": (request, response) => proxy.handle("/v1/chat/completions", request, response),
    "GET /v1/models": (_, response) => sendJson(response, 200, mergedModelList(fleet)),
    "POST /query": timed("/query", (request, response) => api.query(request, response)),
    "POST /route": timed("/route", (request, response) => api.route(request, response)),
    "POST /register": timed(
      "/register",
      guarded((request, response) => api.register(request, response)),
    ),
    "POST /unregister": timed(
      "/unregister",
      guarded((request, response) => api.unregister(request, response)),
    ),
    "GET /workers": timed("/workers", (_, response) => api.workers(response)),
    "GET /dump": timed("/dump", (_, response) => api.dump(response)),
    // Fetching takes the batches away from everyone else: not for every caller.
    ...(trace === null ? {} : { "GET /applied": guarded((_, response) => sendJson(response, 200, trace.take())) }),
    ...(admin.isSet ? profileRoutes(guarded) : {}),
    "GET /metrics": async (_, response) => sendText(response, 200, metrics.contentType, await metrics.page()),
    "GET /health": (_, response) => sendJson(response, 200, { status: "ok" }),
    "GET /ready": (_, response) => {
      const { ready, waitingFor } = readiness.look();
      sendJson(response, ready ? 200 : 503, { ready, waiting_for: waitingFor });
    },
  };
}

function timedRoute(metrics: GatewayMetrics, route: string, handler: Handler): Handler {
  return async (request, response) => {
    const startMs = performance.now();
    let status = 200;
    try {
      await handler(request, response);
    } catch (thrown) {
      status = statusOf(thrown);
      if (status === 500) throw thrown;
      sendError(response, thrown);
    } finally {
      metrics.requests.apiAnswered(route, status, (performance.now() - startMs) / 1000);
    }
  };
}
