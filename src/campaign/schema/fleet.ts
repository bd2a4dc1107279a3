/** The engines of a scenario and the gateway in front of them. */
import { z } from "zod";

const MAX_REPLICAS = 500;
const name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, { error: "a name of letters, digits, dot, dash and underscore" });

export const adapter = z.union([
  name.transform((text) => ({ name: text, path: `/adapters/${text}/v1` })),
  z.strictObject({ name, path: z.string().min(1) }),
]);

const volume = z.strictObject({ host: z.string().min(1), path: z.string().min(1) });

/** What a real vLLM needs besides what both kinds of engine share. */
const vllmOptions = {
  kind: z.enum(["double", "vllm"]).default("double").meta({
    description: "double: kvproof's own engine; vllm: a real vLLM, with a tiny model of its own unless args name one",
  }),
  image: z.string().min(1).optional().meta({ description: "vllm in pods: the image" }),
  command: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .meta({ description: "vllm: program and first arguments instead of $KVPROOF_VLLM_PYTHON -m vllm…" }),
  args: z.array(z.string()).max(100).default([]).meta({ description: "vllm: further arguments of the server" }),
  env: z.record(z.string(), z.string()).default({}).meta({ description: "vllm: further environment" }),
  volumes: z.array(volume).max(20).default([]).meta({ description: "vllm in pods: folders of the node" }),
};

/** What `--engine-options` gives to every real engine: a machine's own image, interpreter, folders. */
export const realEngineOptions = z.strictObject({
  image: vllmOptions.image,
  command: vllmOptions.command,
  args: z.array(z.string()).max(100).optional(),
  env: z.record(z.string(), z.string()).optional(),
  volumes: z.array(volume).max(20).optional(),
});
export type RealEngineOptions = z.infer<typeof realEngineOptions>;

const engineOptions = z.strictObject({
  ...vllmOptions,
  blocks: z
    .int()
    .min(2)
    .max(1_000_000)
    .default(2048)
    .meta({ description: "Blocks of the GPU pool, null block included" }),
  block_size: z.int().min(1).max(1024).default(16).meta({ description: "Tokens per block" }),
  dialect: z
    .union([z.string(), z.array(z.string()).min(1)])
    .default("vllm-0.30")
    .meta({ description: "Wire dialect; of a list, replica i speaks the i-th, round" }),
  hash: z.enum(["sha256", "sha256_cbor", "xxhash", "xxhash_cbor"]).default("sha256_cbor"),
  int_hashes: z.boolean().default(true).meta({ description: "false: raw digests instead of 64-bit integers" }),
  replay: z.boolean().default(true).meta({ description: "Offers a replay endpoint" }),
  ranks: z.int().min(1).max(16).default(1).meta({ description: "Data-parallel ranks" }),
  groups: z.int().min(1).max(8).default(1).meta({ description: "KV-cache groups of a hybrid model" }),
  cpu_blocks: z.int().min(0).max(1_000_000).default(0).meta({ description: "Blocks of a CPU tier; 0 = none" }),
  prefill_tokens_per_s: z.number().min(0).default(0).meta({ description: "0 = as fast as possible" }),
  decode_ms_per_token: z.number().min(0).default(0),
  max_batched_tokens: z.int().min(16).default(8192).meta({ description: "Step budget; longer prompts are chunked" }),
  buffer_steps: z.int().min(1).default(10_000).meta({ description: "Batches kept for replay" }),
  hwm: z
    .int()
    .min(0)
    .default(100_000)
    .meta({ description: "Batches that wait for a slow subscriber; what exceeds it is lost to it. 0 = no limit" }),
  publish_at_start: z
    .int()
    .min(0)
    .max(100_000)
    .default(0)
    .meta({ description: "Blocks published the moment the publisher is bound" }),
  events: z.boolean().default(true),
});

export const fleet = z
  .array(
    z.strictObject({
      model: name,
      replicas: z.int().min(1).max(MAX_REPLICAS).default(1),
      engines_per_process: z.int().min(1).max(200).default(1).meta({
        description: "Engines that share a process, so that a large fleet fits; they can be started and stopped only",
      }),
      adapters: z.array(adapter).max(64).default([]),
      engine: engineOptions.prefault({}),
    }),
  )
  .min(1)
  .meta({ description: "Engines are named <model>/1, <model>/2, … over all entries of a model" });

export const gateway = z.strictObject({
  events: z.boolean().default(true).meta({ description: "false: the gateway gets no events (control run)" }),
  replay: z.boolean().default(true),
  cap_blocks: z.int().min(1).optional().meta({ description: "Hard cap of the index, in blocks" }),
  min_match_blocks: z.int().min(1).optional(),
  trace_applied: z
    .int()
    .min(1)
    .optional()
    .meta({ description: "Measures when every n-th batch of a stream was received and applied (our gateway)" }),
  cpu_first: z.boolean().default(false).meta({
    description:
      "On one machine the gateway goes before engines and runner for a CPU, as on a machine of its own (local lab; needs root, a run without says so)",
  }),
});

export type FleetEntry = z.infer<typeof fleet>[number];
