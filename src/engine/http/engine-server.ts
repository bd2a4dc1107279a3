/** The engine's public port: vLLM's HTTP surface. */
import { createHash } from "node:crypto";
import type { Server } from "node:http";
import type { Clock } from "../../base/clock.js";
import type { Engine } from "../engine.js";
import { vllmVersion } from "../engine-options.js";
import { adapterRoutes } from "./adapter-routes.js";
import { adminRoutes } from "./admin-routes.js";
import { chatCompletions } from "./chat.js";
import { completions } from "./completions.js";
import { createRouteServer, type Routes, sendText } from "./http-server.js";
import { Counter, render } from "./metrics/exposition.js";
import { engineGauges } from "./metrics/gauges.js";
import type { VllmMetrics } from "./metrics/vllm-metrics.js";
import { modelRoutes } from "./model-routes.js";
import { renderOpenAiError } from "./openai-error.js";

const EXPOSITION_TYPE = "text/plain; version=0.0.4; charset=utf-8";

export function createEngineServer(engine: Engine, metrics: VllmMetrics, clock: Clock): Server {
  const requests = new Counter(
    "http_requests_total",
    "Total number of requests by method, status and handler.",
    clock.wallSeconds(),
  );
  const gauges = engineGauges(engine, metrics, clock);
  const fingerprint = systemFingerprint(engine);
  const routes: Routes = new Map([
    ["POST /v1/completions", (call) => completions(engine, fingerprint, call)],
    ["POST /v1/chat/completions", (call) => chatCompletions(engine, fingerprint, call)],
    [
      "GET /metrics",
      ({ res }) => sendText(res, 200, render([...gauges, ...metrics.families(), requests]), EXPOSITION_TYPE),
    ],
    ...modelRoutes(engine),
    ...adapterRoutes(engine),
    ...adminRoutes(engine),
  ]);
  const handlers = new Set([...routes.keys()].map((route) => route.slice(route.indexOf(" ") + 1)));
  return createRouteServer({
    routes,
    renderError: renderOpenAiError,
    observe: (method, path, status) => {
      const handler = handlers.has(path) ? path : "none";
      requests.with({ handler, method, status: `${Math.floor(status / 100)}xx` }).value++;
    },
  });
}

/** `vllm-<version>-<8 hex>`; the digits differ between configurations. */
function systemFingerprint(engine: Engine): string {
  const { model, ranks, core, dialect } = engine.options;
  const digits = createHash("sha256")
    .update(JSON.stringify([model, ranks, core, dialect]))
    .digest("hex")
    .slice(0, 8);
  return `vllm-${vllmVersion(dialect)}-${digits}`;
}
