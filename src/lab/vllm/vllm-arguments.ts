/** A specification and a place → the command line and environment of a real vLLM (0.24 and later; flags as of 0.32). */
import type { EngineSpec, VllmSpec } from "../ports.js";

/** Where it listens: rank r publishes on eventsPort + r and replays on replayPort + r. */
export interface VllmPlace {
  readonly address: string;
  readonly httpPort: number;
  readonly eventsPort: number;
  readonly replayPort: number;
}

export interface VllmModel {
  /** Folder or name; null = given among the arguments. */
  readonly path: string | null;
  readonly adapters: readonly { readonly name: string; readonly path: string }[];
}

/** Longest context of the tiny model. */
export const MAX_MODEL_LENGTH = 4096;
const MAX_SEQUENCES = 16;
const LORA_RANK = 8;
/** Adapters that one engine keeps ready; loads beyond it push the oldest out. */
const CPU_LORAS = 16;

/** Longest prompt and answer together: one block of the pool is never used (vLLM refuses to start with more). */
export function modelLength({ blocks, blockSize }: Pick<EngineSpec, "blocks" | "blockSize">): number {
  return Math.min(MAX_MODEL_LENGTH, (blocks - 1) * blockSize);
}

export function vllmArguments(spec: EngineSpec, place: VllmPlace, topic: string, model: VllmModel): string[] {
  const length = modelLength(spec);
  return [
    ...(model.path === null ? [] : tinyModelArguments(model.path)),
    ...flag("--served-model-name", spec.model),
    ...flag("--host", place.address),
    ...flag("--port", place.httpPort),
    ...flag("--max-model-len", length),
    ...flag("--block-size", spec.blockSize),
    ...flag("--num-gpu-blocks-override", spec.blocks),
    ...flag("--max-num-seqs", MAX_SEQUENCES),
    ...flag("--max-num-batched-tokens", Math.max(MAX_SEQUENCES, spec.maxBatchedTokens)),
    ...flag("--prefix-caching-hash-algo", spec.hash),
    "--enable-prefix-caching",
    // Without it there is no second oracle: answers then do not say what came from the cache.
    "--enable-prompt-tokens-details",
    ...flag("--kv-events-config", JSON.stringify(eventsConfig(spec, place, topic))),
    ...(spec.ranks > 1 ? flag("--data-parallel-size", spec.ranks) : []),
    ...adapterArguments(model.adapters, model.adapters.length > 0 || spec.loadsAdapters === true),
    ...(spec.vllm?.args ?? []),
  ];
}

/** Random weights: what is cached does not depend on them. */
function tinyModelArguments(path: string): string[] {
  return [
    ...flag("--model", path),
    ...flag("--load-format", "dummy"),
    ...flag("--dtype", "float32"),
    "--enforce-eager",
  ];
}

/** vLLM binds an endpoint only where it contains a star; it listens on every address then. */
function eventsConfig(spec: EngineSpec, place: VllmPlace, topic: string): Record<string, unknown> {
  if (!spec.events) return { enable_kv_cache_events: false };
  return {
    enable_kv_cache_events: true,
    publisher: "zmq",
    endpoint: `tcp://*:${place.eventsPort}`,
    replay_endpoint: `tcp://*:${place.replayPort}`,
    buffer_steps: spec.bufferSteps,
    hwm: spec.hwm,
    topic,
  };
}

function adapterArguments(adapters: VllmModel["adapters"], enabled: boolean): string[] {
  if (!enabled) return [];
  return [
    "--enable-lora",
    ...flag("--max-lora-rank", LORA_RANK),
    ...flag("--max-loras", Math.max(1, adapters.length)),
    ...flag("--max-cpu-loras", CPU_LORAS),
    ...(adapters.length === 0 ? [] : ["--lora-modules", ...adapters.map(({ name, path }) => `${name}=${path}`)]),
  ];
}

/** No network, no telemetry; resets, loads of adapters at run time; the same hashes in every engine; a thread each, unbound. */
export function vllmEnvironment(spec: EngineSpec, vllm: VllmSpec, address: string): Record<string, string> {
  return {
    HF_HUB_OFFLINE: "1",
    TRANSFORMERS_OFFLINE: "1",
    VLLM_NO_USAGE_STATS: "1",
    DO_NOT_TRACK: "1",
    VLLM_SERVER_DEV_MODE: "1",
    VLLM_ALLOW_RUNTIME_LORA_UPDATING: "True",
    VLLM_KV_EVENTS_USE_INT_BLOCK_HASHES: spec.intHashes ? "1" : "0",
    PYTHONHASHSEED: "0",
    VLLM_HOST_IP: address,
    OMP_NUM_THREADS: "1",
    VLLM_CPU_KVCACHE_SPACE: "1",
    VLLM_CPU_OMP_THREADS_BIND: "nobind",
    ...vllm.env,
  };
}

function flag(name: string, value: string | number): [string, string] {
  return [name, String(value)];
}
