/** Fleet entries → one specification per engine, and the names that targets of steps stand for. */
import type { EngineSpec, VllmSpec } from "../../lab/ports.js";
import type { FleetEntry } from "../schema/fleet.js";
import { sampledFleet } from "./sampling.js";

/** Engines `<model>/1`, `<model>/2`, … over all entries of a model. A list of dialects is never cut short by sampling. */
export function planEngines(fleet: readonly FleetEntry[], sample: number, seed: number): EngineSpec[] {
  const counts = new Map<string, number>();
  const engines: EngineSpec[] = [];
  for (const entry of fleet) {
    const dialects = [entry.engine.dialect].flat();
    const replicas = Math.min(entry.replicas, Math.max(dialects.length, sampledFleet(entry.replicas, sample)));
    for (let i = 0; i < replicas; i++) {
      const number = (counts.get(entry.model) ?? 0) + 1;
      counts.set(entry.model, number);
      const dialect = dialects[i % dialects.length] as string;
      engines.push(engineSpec(entry, `${entry.model}/${number}`, dialect, seed * 1000 + engines.length));
    }
  }
  return engines;
}

/** What `engine.add` makes more of: the first entry of each model. */
export function planTemplates(engines: readonly EngineSpec[]): Record<string, EngineSpec> {
  const templates: Record<string, EngineSpec> = {};
  for (const engine of engines) templates[engine.model] ??= engine;
  return templates;
}

/** `engines/*`, `engines/llama/*` or `engines/llama/1` against names such as `llama/1`. */
export function matchesTarget(target: string, engine: string): boolean {
  const pattern = target.replace(/^engines\//, "");
  if (pattern === "*") return true;
  return pattern.endsWith("/*") ? engine.startsWith(pattern.slice(0, -1)) : engine === pattern;
}

function engineSpec(entry: FleetEntry, engine: string, dialect: string, seed: number): EngineSpec {
  const options = entry.engine;
  return {
    engine,
    model: entry.model,
    blocks: options.blocks,
    blockSize: options.block_size,
    dialect,
    hash: options.hash,
    intHashes: options.int_hashes,
    replay: options.replay,
    ranks: options.ranks,
    groups: options.groups,
    cpuBlocks: options.cpu_blocks,
    adapters: entry.adapters,
    prefillTokensPerS: options.prefill_tokens_per_s,
    decodeMsPerToken: options.decode_ms_per_token,
    maxBatchedTokens: options.max_batched_tokens,
    bufferSteps: options.buffer_steps,
    hwm: options.hwm,
    publishAtStart: options.publish_at_start,
    events: options.events,
    ...(entry.engines_per_process > 1 ? { perProcess: entry.engines_per_process } : {}),
    seed,
    ...(options.kind === "vllm" ? { vllm: vllmSpec(options) } : {}),
  };
}

function vllmSpec({ image, command, args, env, volumes }: FleetEntry["engine"]): VllmSpec {
  return {
    ...(image === undefined ? {} : { image }),
    ...(command === undefined ? {} : { command }),
    args,
    env,
    volumes,
  };
}
