/**
 * The two dialects of the indexer API that Mooncake RFC #1403 began: the standalone indexer of NVIDIA Dynamo (numbers for
 * instances, `model_name`) and the Mooncake Conductor (names for instances, `modelname`/`model`). One /register per
 * data-parallel rank; answers count matched tokens, not blocks.
 */
import { z } from "zod";
import { parseAnswer } from "./answer-shape.js";
import { blockSizeOf, type IndexerApi, type IndexerClaims, type Registered } from "./indexer-api.js";

const tokens = z.number().nonnegative();
const instance = z.object({ longest_matched: tokens });
/** Dynamo: by instance, then rank. */
const scores = z.object({ scores: z.record(z.string(), z.record(z.string(), tokens)) });
const instances = z.object({ instances: z.record(z.string(), instance) });
/** Conductor, as the RFC has it: by tenant, then instance. */
const tenants = z.record(z.string(), z.record(z.string(), instance));

const CLAIMS: IndexerClaims = {
  match: true,
  route: false,
  dump: false,
  replay: true,
  lora: false,
  salt: false,
  tiers: false,
};
const TENANT = "default";

export const dynamoApi: IndexerApi = {
  name: "dynamo",
  claims: async () => CLAIMS,
  async register(client, { registration, number }) {
    for (const { rank, events, replay } of registration.ranks) {
      await client.post("/register", {
        instance_id: number,
        endpoint: events,
        model_name: registration.model,
        block_size: registration.block_size,
        dp_rank: rank,
        ...(replay === null ? {} : { replay_endpoint: replay }),
      });
    }
  },
  async unregister(client, { registration, number }) {
    await client.post("/unregister", { instance_id: number, model_name: registration.model });
  },
  async query(client, query, engines) {
    const blockSize = blockSizeOf(query.model, engines);
    if (blockSize === 0) return {};
    const body = { token_ids: query.tokens, model_name: query.model, ...lineageOf(query.lora, query.salt) };
    const answer = parseAnswer(scores, await client.post("/query", body), "/query");
    const matched = Object.entries(answer.scores).map(
      ([number, ranks]) => [Number(number), Math.max(0, ...Object.values(ranks))] as const,
    );
    return inBlocks(matched, blockSize, (number) => nameOf(engines, ({ number: own }) => own === number));
  },
};

export const conductorApi: IndexerApi = {
  name: "conductor",
  claims: async () => CLAIMS,
  async register(client, { registration }) {
    for (const { rank, events, replay } of registration.ranks) {
      await client.post("/register", {
        endpoint: events,
        replay_endpoint: replay ?? "",
        type: "vLLM",
        modelname: registration.model,
        tenant_id: TENANT,
        instance_id: registration.engine,
        block_size: registration.block_size,
        dp_rank: rank,
      });
    }
  },
  async unregister(client, { registration }) {
    for (const { rank } of registration.ranks)
      await client.post("/unregister", { instance_id: registration.engine, tenant_id: TENANT, dp_rank: rank });
  },
  async query(client, query, engines) {
    const blockSize = blockSizeOf(query.model, engines);
    if (blockSize === 0) return {};
    const { model } = query;
    const body = {
      model,
      block_size: blockSize,
      tenant_id: TENANT,
      token_ids: query.tokens,
      ...lineageOf(query.lora, query.salt),
    };
    const answer = parseAnswer(z.union([instances, tenants]), await client.post("/query", body), "/query");
    const found = instances.safeParse(answer);
    const byInstance = found.success ? found.data.instances : ((answer as z.infer<typeof tenants>)[TENANT] ?? {});
    const matched = Object.entries(byInstance).map(([name, { longest_matched }]) => [name, longest_matched] as const);
    return inBlocks(matched, blockSize, (name) => name);
  },
};

function lineageOf(lora: string | null, salt: string | null): Record<string, string> {
  return { ...(lora === null ? {} : { lora_name: lora }), ...(salt === null ? {} : { cache_salt: salt }) };
}

/** An instance that was never registered keeps its own name: the judge will not know it, and say so. */
function inBlocks<K>(
  matched: readonly (readonly [K, number])[],
  blockSize: number,
  name: (instance: K) => string,
): Record<string, number> {
  return Object.fromEntries(matched.map(([id, count]) => [name(id), Math.floor(count / blockSize)]));
}

function nameOf(engines: ReadonlyMap<string, Registered>, wanted: (engine: Registered) => boolean): string {
  for (const [name, engine] of engines) if (wanted(engine)) return name;
  return "an instance that is not registered";
}
