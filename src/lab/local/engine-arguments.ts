/** An engine's specification and place → the command line of `kvproof engine` (vLLM's flag names where vLLM has one). */
import type { EngineSpec, RestartChanges } from "../ports.js";
import type { RelayedPlace } from "./relay/relayed-place.js";

/** Ports of a pod. 0 = the system chooses; once chosen they stay for the pod's life, so that a restart reuses them. */
export interface PodPlace {
  readonly address: string;
  readonly httpPort: number;
  readonly labPort: number;
  /** Port of rank 0; rank r publishes on +r. */
  readonly eventsPort: number;
  readonly replayPort: number;
  /** Where consumers reach it, if not directly. */
  readonly relayed: RelayedPlace | null;
}

/** The same hash seed for the whole fleet, as in production, where routers may recompute hashes (PYTHONHASHSEED). */
const HASH_SEED = "0";

export function topicOf(spec: EngineSpec): string {
  return `kv@${spec.engine}@${spec.model}`;
}

export function engineArguments(
  spec: EngineSpec,
  place: PodPlace,
  life: { readonly epoch: number; readonly ledgerFile: string } & RestartChanges,
): string[] {
  const publishAtStart = life.publishAtStart ?? spec.publishAtStart;
  return [
    "engine",
    ...flag("--name", spec.engine),
    ...flag("--epoch", life.epoch),
    ...flag("--model", spec.model),
    ...flag("--host", place.address),
    ...flag("--port", place.httpPort),
    ...flag("--lab-port", place.labPort),
    ...flag("--num-gpu-blocks", spec.blocks),
    ...flag("--block-size", spec.blockSize),
    ...flag("--max-num-batched-tokens", spec.maxBatchedTokens),
    ...flag("--prefix-caching-hash-algo", spec.hash),
    ...flag("--hash-seed", HASH_SEED),
    spec.intHashes ? "--int-hashes" : "--no-int-hashes",
    ...flag("--data-parallel-size", spec.ranks),
    ...flag("--kv-groups", spec.groups),
    ...flag("--cpu-blocks", spec.cpuBlocks),
    ...flag("--dialect", spec.dialect),
    ...flag("--kv-events-config", JSON.stringify(eventsConfig(spec, place))),
    ...flag("--prefill-tokens-per-s", spec.prefillTokensPerS),
    ...flag("--decode-ms-per-token", spec.decodeMsPerToken),
    ...flag("--seed", spec.seed),
    ...flag("--ledger-file", life.ledgerFile),
    ...(publishAtStart > 0 ? flag("--publish-at-start", publishAtStart) : []),
    ...adapterFlags(spec),
  ];
}

/** `"bind": true` makes the publisher bind a given port; vLLM alone would connect to it (vllm-wire §2.2). */
function eventsConfig(spec: EngineSpec, place: PodPlace): Record<string, unknown> {
  if (!spec.events) return { enable_kv_cache_events: false };
  return {
    enable_kv_cache_events: true,
    publisher: "zmq",
    endpoint: `tcp://${place.address}:${place.eventsPort}`,
    ...(spec.replay ? { replay_endpoint: `tcp://${place.address}:${place.replayPort}` } : {}),
    buffer_steps: spec.bufferSteps,
    hwm: spec.hwm,
    topic: topicOf(spec),
    ...(place.eventsPort > 0 ? { bind: true } : {}),
  };
}

function adapterFlags(spec: EngineSpec): string[] {
  if (spec.adapters.length === 0) return [];
  return ["--enable-lora", "--lora-modules", ...spec.adapters.map((adapter) => `${adapter.name}=${adapter.path}`)];
}

function flag(name: string, value: string | number): [string, string] {
  return [name, String(value)];
}
