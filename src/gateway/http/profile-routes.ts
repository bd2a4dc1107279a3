/** The gateway's profile of itself. Only with an admin token: a heap snapshot holds everything that the gateway knows. */
import { pipeline } from "node:stream/promises";
import { KvproofError } from "../../base/errors.js";
import { SelfProfiler } from "../../base/profile/self-profiler.js";
import { sendJson } from "./answers.js";
import { readBody } from "./read-body.js";
import type { Handler, RouteTable } from "./server.js";

const MAX_BODY_BYTES = 4096;

/** @param guarded lets only callers with the token through */
export function profileRoutes(guarded: (handler: Handler) => Handler): RouteTable {
  const profiler = new SelfProfiler();
  return {
    "POST /profile": guarded(async (request, response) => {
      const body = await readBody(request, MAX_BODY_BYTES);
      sendJson(response, 200, await profiler.control(parsed(body)));
    }),
    "GET /heap-snapshot": guarded(async (_, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      await pipeline(profiler.snapshot(), response);
    }),
  };
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch (cause) {
    throw new KvproofError("KVP_E_BAD_REQUEST", "the body is not JSON", { cause });
  }
}
