/** The API of our own gateway (docs/reference/gateway.md): the driver protocol over HTTP. */
import { z } from "zod";
import { KvproofError } from "../../base/errors.js";
import { parseAnswer } from "./answer-shape.js";
import type { IndexerApi } from "./indexer-api.js";
import type { JsonClient } from "./json-client.js";

const queryAnswer = z.object({ engines: z.record(z.string(), z.int().nonnegative()) });
const routeAnswer = z.object({ engine: z.string() });
const dumpAnswer = z.object({
  engines: z.record(z.string(), z.object({ blocks: z.int().nonnegative() })),
  total_blocks: z.int().nonnegative().optional(),
  cap_blocks: z.int().nullable().default(null),
  side_entries: z.int().nonnegative().default(0),
});

export const kvproofApi: IndexerApi = {
  name: "kvproof",
  async claims(client) {
    return {
      match: true,
      // A route that exists answers an empty question with "bad request", one that does not with "not found".
      route: await exists(client.post("/route", {})),
      dump: await exists(client.get("/dump")),
      replay: true,
      lora: true,
      salt: true,
      tiers: false,
    };
  },
  async register(client, { registration }) {
    await client.post("/register", registration);
  },
  async unregister(client, { registration }) {
    await client.post("/unregister", { engine: registration.engine });
  },
  async query(client, query) {
    return parseAnswer(queryAnswer, await client.post("/query", query), "/query").engines;
  },
  async route(client, query, loads) {
    return parseAnswer(routeAnswer, await client.post("/route", { ...query, loads }), "/route");
  },
  async dump(client) {
    const answer = parseAnswer(dumpAnswer, await client.get("/dump"), "/dump");
    const engines = Object.fromEntries(Object.entries(answer.engines).map(([engine, { blocks }]) => [engine, blocks]));
    const totalBlocks = answer.total_blocks ?? Object.values(engines).reduce((sum, blocks) => sum + blocks, 0);
    return { engines, totalBlocks, capBlocks: answer.cap_blocks, sideEntries: answer.side_entries };
  },
};

async function exists(call: ReturnType<JsonClient["get"]>): Promise<boolean> {
  try {
    await call;
    return true;
  } catch (thrown) {
    return thrown instanceof KvproofError && thrown.details.status !== undefined && thrown.details.status !== 404;
  }
}
