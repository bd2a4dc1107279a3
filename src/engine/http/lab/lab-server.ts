/** The lab port: control of the double's cache, wire and clock, and its ledger. Every call needs the lab's token. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { bootId } from "../../../base/boot-id.js";
import type { Clock } from "../../../base/clock.js";
import { cpuWaitSeconds } from "../../../base/cpu-wait.js";
import { KvproofError } from "../../../base/errors.js";
import { SelfProfiler } from "../../../base/profile/self-profiler.js";
import type { Engine } from "../../engine.js";
import type { LedgerFile } from "../../ledger-writer.js";
import { MAX_ARMED } from "../../publisher/quirk-queue.js";
import { isQuirkKind, quirkKinds, quirks } from "../../publisher/quirks.js";
import { createRouteServer, type Routes, sendJson } from "../http-server.js";
import { cacheFields, controlCache, labRank } from "./cache-control.js";
import { labBody, labError, labNumber } from "./lab-fields.js";
import { Ballast, memoryFields } from "./ballast.js";
import { LoadControl, loadFields } from "./load-control.js";
import { sendLedger } from "./ledger-route.js";

const quirkFields = ["kind", "count", "rank"];
const clockFields = ["offset_ms", "drift_ppm", "freeze"];
const MAX_OFFSET_MS = 1e12;
const MAX_DRIFT_PPM = 1e6;

export interface LabServer {
  readonly server: Server;
  /** Ends a load under way. */
  stop(): void;
}

export function createLabServer(engine: Engine, ledger: LedgerFile | null, clock: Clock): LabServer {
  const load = new LoadControl(engine, clock);
  const ballast = new Ballast();
  const profiler = new SelfProfiler();
  const routes: Routes = new Map([
    [
      "GET /lab",
      ({ res }) =>
        sendJson(res, 200, { ...describeLab(engine, load, clock), ...ballast.report(), ledger: reportLedger(ledger) }),
    ],
    ["GET /lab/published", ({ res }) => sendJson(res, 200, { published: engine.publishedAtStart })],
    ["GET /lab/load", ({ res }) => sendJson(res, 200, load.report())],
    ["POST /lab/cache", async (call) => sendJson(call.res, 200, await controlCache(engine, await call.json()))],
    ["POST /lab/load", async (call) => sendJson(call.res, 200, await load.control(await call.json()))],
    ["POST /lab/quirk", async (call) => sendJson(call.res, 200, armQuirk(engine, await call.json()))],
    ["POST /lab/memory", async (call) => sendJson(call.res, 200, await ballast.control(await call.json()))],
    ["POST /lab/clock", async (call) => sendJson(call.res, 200, setClock(engine, await call.json()))],
    ["POST /lab/profile", async (call) => sendJson(call.res, 200, await profiler.control(await call.json()))],
    ["GET /ledger", (call) => sendLedger(ledger, call)],
  ]);
  const guard = tokenGuard(engine.options.labToken);
  return { server: createRouteServer({ routes, guard, renderError: renderLabError }), stop: () => load.stop() };
}

function reportLedger(ledger: LedgerFile | null): unknown {
  return ledger && { bytes: ledger.size, refused_writes: ledger.refusedWrites };
}

function describeLab(engine: Engine, load: LoadControl, clock: Clock): object {
  const { name, model, epoch, dialect, ranks } = engine.options;
  return {
    engine: { name, model, epoch, dialect, ranks },
    controls: {
      "POST /lab/cache": cacheFields,
      "POST /lab/load": loadFields,
      "POST /lab/quirk": quirkFields,
      "POST /lab/clock": clockFields,
      "POST /lab/memory": memoryFields,
      "POST /lab/profile": ["action", "kinds"],
      "GET /lab/load": [],
      "GET /lab/published": [],
      "GET /ledger": ["from", "follow"],
    },
    quirks: Object.fromEntries(quirkKinds.map((kind) => [kind, quirks[kind].does])),
    ranks: engine.loops.map(({ rank, core, publisher }) => ({
      rank,
      batches: publisher.published,
      last_batch: publisher.lastBatch,
      cached_blocks: core.stats().cachedBlocks,
      quirks: publisher.quirks.report(),
    })),
    load: load.report(),
    clock: {
      ...engine.clock.fault,
      event_seconds: engine.clock.seconds(),
      wall_seconds: clock.wallSeconds(),
      monotonic_ns: clock.nowNs(),
      boot_id: bootId,
    },
    process: {
      rss_bytes: process.memoryUsage.rss(),
      cpu_seconds: cpuSeconds(),
      cpu_wait_seconds: cpuWaitSeconds("self"),
    },
  };
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Arms the next `count` batches that the quirk fits, on one rank (default 0); count 0 takes back what still waits. */
function armQuirk(engine: Engine, value: unknown): unknown {
  const body = labBody(value, quirkFields);
  const { kind } = body;
  if (typeof kind !== "string" || !isQuirkKind(kind)) {
    throw new KvproofError(
      "KVP_E_UNKNOWN_CONTROL",
      `unknown quirk ${JSON.stringify(kind)}; known: ${quirkKinds.join(", ")}`,
    );
  }
  const loop = labRank(engine, body);
  const count = labNumber(body, "count", { low: 0, high: MAX_ARMED }, 1);
  if (count === 0) loop.publisher.quirks.disarm(kind);
  else loop.publisher.quirks.arm(kind, count);
  loop.clearWhenIdle();
  return { rank: loop.rank, quirks: loop.publisher.quirks.report() };
}

/** Replaces the whole clock fault; `{}` heals it. */
function setClock(engine: Engine, value: unknown): unknown {
  const body = labBody(value, clockFields);
  const { freeze = false } = body;
  if (typeof freeze !== "boolean") throw labError("freeze must be true or false");
  engine.clock.set({
    offsetMs: labNumber(body, "offset_ms", { low: -MAX_OFFSET_MS, high: MAX_OFFSET_MS, integer: false }, 0),
    driftPpm: labNumber(body, "drift_ppm", { low: -MAX_DRIFT_PPM, high: MAX_DRIFT_PPM, integer: false }, 0),
    freeze,
  });
  return { clock: engine.clock.fault };
}

/** Compares digests, so that neither length nor content of the token shows in the time taken. */
function tokenGuard(token: string): (req: IncomingMessage) => void {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  const expected = digest(`Bearer ${token}`);
  return (req) => {
    if (timingSafeEqual(digest(req.headers.authorization ?? ""), expected)) return;
    throw new KvproofError("KVP_E_UNAUTHORIZED", "the lab's token is missing or wrong");
  };
}

function renderLabError(res: ServerResponse, error: Error, status: number): void {
  const missed = error instanceof KvproofError && error.code === "KVP_E_NOT_FOUND" && status === 404;
  const code = error instanceof KvproofError ? error.code : "KVP_E_INTERNAL";
  const known = missed && error.message === "Not Found";
  sendJson(res, status, {
    error: {
      code: known ? "KVP_E_UNKNOWN_CONTROL" : code,
      message: known ? "no such control; GET /lab lists them" : error.message,
    },
  });
}
