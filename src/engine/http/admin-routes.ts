/** Health, versions, discovery, and what vLLM offers in dev mode (VLLM_SERVER_DEV_MODE=1): reset, sleep, pause. */
import { vllmVersion } from "../engine-options.js";
import type { Engine, SleepLevel } from "../engine.js";
import { isWildcard } from "../publisher/endpoints.js";
import { publishes } from "../publisher/publisher-config.js";
import { type Call, type Handler, sendJson, sendText } from "./http-server.js";
import { badRequest } from "./openai-error.js";

export function adminRoutes(engine: Engine): [string, Handler][] {
  const { options } = engine;
  return [
    ["GET /health", ({ res }) => sendText(res, 200, "")],
    ["GET /ping", ({ res }) => sendText(res, 200, "")],
    ["POST /ping", ({ res }) => sendText(res, 200, "")],
    ["GET /version", ({ res }) => sendJson(res, 200, { version: vllmVersion(options.dialect) })],
    ["GET /load", ({ res }) => sendJson(res, 200, { server_load: engine.load })],
    ["GET /kv_event_sources", ({ res }) => sendJson(res, 200, eventSources(engine))],
    ["GET /server_info", ({ res }) => sendJson(res, 200, { vllm_config: serverInfo(engine) })],
    [
      "POST /reset_prefix_cache",
      ({ res, url }) =>
        sendJson(res, 200, { success: engine.resetPrefixCache(flag(url, "reset_running_requests", false)) }),
    ],
    ["POST /sleep", (call) => sleep(engine, call)],
    ["POST /wake_up", (call) => wakeUp(engine, call)],
    ["GET /is_sleeping", ({ res }) => sendJson(res, 200, { is_sleeping: engine.sleepLevel > 0 })],
    ["POST /pause", (call) => pause(engine, call)],
    ["POST /resume", (call) => resume(engine, call)],
    ["GET /is_paused", ({ res }) => sendJson(res, 200, { is_paused: engine.paused })],
  ];
}

/** Per data-parallel rank, with the ports that the system chose. One that listens on every address says so, as vLLM does. */
function eventSources(engine: Engine): unknown {
  const { bind: _bind, replay_poll_ms: _poll, ...vllm } = engine.options.events;
  if (!publishes(engine.options.events)) return {};
  const everywhere = isWildcard(engine.options.host);
  const told = (endpoint: string): string => (everywhere ? endpoint.replace(/^tcp:\/\/[^:]+:/, "tcp://*:") : endpoint);
  return Object.fromEntries(
    engine.endpoints.map(({ rank, events, replay }) => [
      rank,
      { ...vllm, endpoint: told(events), replay_endpoint: replay === null ? null : told(replay) },
    ]),
  );
}

function serverInfo(engine: Engine): unknown {
  const { model, ranks, core, timing, enableLora, dialect } = engine.options;
  return { model, data_parallel_size: ranks, cache_config: core, timing, enable_lora: enableLora, dialect };
}

function sleep(engine: Engine, { res, url }: Call): void {
  const level = Number(url.searchParams.get("level") ?? "1");
  if (level !== 0 && level !== 1 && level !== 2) throw badRequest("level: Input should be 0, 1 or 2", "level");
  engine.sleep(level as SleepLevel);
  sendJson(res, 200, { status: "sleeping", level });
}

/** Partial wake-ups (`tags`) are acknowledged; the double has no weights to bring back, so every wake-up is whole. */
function wakeUp(engine: Engine, { res, url }: Call): void {
  const tags = url.searchParams.getAll("tags");
  engine.wakeUp();
  sendJson(res, 200, { status: "awake", tags: tags.length === 0 ? null : tags });
}

/** `mode`: abort (default) ends requests under way, wait and keep let them stand still until /resume. */
function pause(engine: Engine, { res, url }: Call): void {
  const mode = url.searchParams.get("mode") ?? "abort";
  if (!["abort", "wait", "keep"].includes(mode))
    throw badRequest('mode: Input should be "abort", "wait" or "keep"', "mode");
  engine.pause(mode === "abort", mode === "abort" && flag(url, "clear_cache", true));
  sendJson(res, 200, { status: "paused" });
}

function resume(engine: Engine, { res }: Call): void {
  engine.resume();
  sendJson(res, 200, { status: "resumed" });
}

function flag(url: URL, name: string, otherwise: boolean): boolean {
  const value = url.searchParams.get(name)?.toLowerCase();
  if (value === undefined) return otherwise;
  if (["true", "1", "yes", "on"].includes(value)) return true;
  if (["false", "0", "no", "off"].includes(value)) return false;
  throw badRequest(`${name}: Input should be a valid boolean`, name);
}
