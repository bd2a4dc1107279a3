/** What is asked of the fleet: requests through the front door (workload) and questions to the index (probes). */
import { z } from "zod";
import { duration } from "../../base/duration.js";

const rate = z.number().min(0).max(100_000);
const share = z.number().min(0).max(1);
const blockRange = z
  .tuple([z.int().min(0).max(100_000), z.int().min(1).max(100_000)])
  .refine(([low, high]) => low <= high, { error: "a range [low, high] with low <= high" });

const tokenRange = z
  .tuple([z.int().min(0).max(1_000_000), z.int().min(1).max(1_000_000)])
  .refine(([low, high]) => low <= high, { error: "a range [low, high] with low <= high" });

const common = {
  rate_per_s: rate.meta({ description: "Requests per second, open loop" }),
  models: z.array(z.string()).min(1).optional().meta({ description: "Default: all models of the fleet, evenly" }),
  adapter_share: share.default(0).meta({ description: "Share of requests to one of the model's adapters" }),
  salt_share: share.default(0).meta({ description: "Share of requests with a cache salt" }),
  salts: z.int().min(1).max(1000).default(2).meta({ description: "Number of different salts" }),
  stream_share: share.default(0.5).meta({ description: "Share of requests that stream their answer" }),
  max_tokens: z
    .tuple([z.int().min(1), z.int().min(1).max(4096)])
    .default([1, 4])
    .meta({ description: "Output length, uniform" }),
  max_in_flight: z.int().min(1).max(4096).default(128),
};

const oneWorkload = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("shared-prefix"),
    ...common,
    prefixes: z.int().min(1).max(100_000).default(16),
    prefix_blocks: z.int().min(1).max(100_000).default(16),
    suffix_blocks: blockRange.default([1, 4]),
  }),
  z.strictObject({
    kind: z.literal("multi-turn"),
    ...common,
    sessions: z.int().min(1).max(100_000).default(16),
    turns: z.int().min(1).max(1000).default(6),
    turn_blocks: blockRange.default([1, 4]),
  }),
  z.strictObject({ kind: z.literal("unique"), ...common, blocks: blockRange.default([2, 16]) }),
  z.strictObject({
    kind: z.literal("long"),
    ...common,
    tokens: tokenRange.default([8_000, 10_000]),
    prompts: z.int().min(1).default(4),
  }),
]);

const engineLoad = z.strictObject({
  kind: z.literal("engine-load"),
  rate_per_s: rate.min(1).meta({
    description: "Batches per second that the engines make by themselves, over all of them; never changed by --sample",
  }),
  models: z.array(z.string()).min(1).optional().meta({ description: "Default: all models of the fleet" }),
  blocks: z.int().min(1).max(4096).default(3).meta({ description: "Blocks stored per batch" }),
  prompts: z
    .int()
    .min(0)
    .max(100_000)
    .default(0)
    .meta({ description: "Prompts per engine that take turns, hashed beforehand; 0 = every batch is new" }),
  rising: z
    .strictObject({
      to: rate.min(1).meta({ description: "Last rate that is tried" }),
      factor: z.number().min(1.05).max(10).default(1.5).meta({ description: "Each rate over the one before" }),
      step: duration.prefault("2s").meta({ description: "How long each rate is held" }),
    })
    .optional()
    .meta({ description: "In the steady phase the rate rises until something does not keep up" }),
});

const anyWorkload = z.discriminatedUnion("kind", [...oneWorkload.options, engineLoad]);

export const workload = z
  .union([anyWorkload.transform((one) => [one]), z.array(anyWorkload)])
  .default([])
  .refine((all) => all.filter(({ kind }) => kind === "engine-load").length <= 1, {
    error: "at most one workload of kind engine-load",
  });
/** Requests through the front door. */
export type WorkloadSpec = z.infer<typeof oneWorkload>;
/** Cache activity that engines make by themselves, without requests. */
export type EngineLoadSpec = z.infer<typeof engineLoad>;

export const probes = z.strictObject({
  sample_per_s: rate.default(20).meta({ description: "Prompts of the workload, asked of the index" }),
  visibility_per_s: rate.default(4).meta({ description: "Store a prompt on an engine, ask until it shows" }),
  invalidation_per_s: rate.default(3).meta({ description: "Evict a prompt from an engine, ask until it is gone" }),
  isolation_per_s: rate
    .default(1)
    .meta({ description: "Store on two engines (or ranks), evict on one, watch the other" }),
  suffix_per_s: rate.default(2).meta({ description: "Tail of a cached prompt, which nothing may match" }),
  cross_per_s: rate.default(4).meta({ description: "Cached tokens under another model, adapter or salt" }),
  route_per_s: rate.default(5).meta({ description: "Dry-run routing decisions" }),
  follow_per_s: rate.default(0).meta({ description: "Send a prompt twice; the second should follow the first" }),
  flip_per_s: rate
    .default(0)
    .meta({ description: "Move a prefix from one engine to another; time until the choice flips" }),
  adapter_share: share.default(0.25).meta({ description: "Share of stored prompts under one of the model's adapters" }),
  salt_share: share.default(0.15).meta({ description: "Share of stored prompts with a cache salt" }),
  blocks: blockRange.default([2, 12]).meta({ description: "Length of the prompts that probes store" }),
  converge_prompts: z.int().min(1).max(10_000).default(80).meta({ description: "Prompts of the final comparison" }),
});
export type ProbeSpec = z.infer<typeof probes>;
