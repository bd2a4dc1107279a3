/** An engine for tests and benchmarks of the lab. */
import type { EngineSpec } from "../../src/lab/ports.js";

export function anEngine(engine: string, changes: Partial<EngineSpec> = {}): EngineSpec {
  return {
    engine,
    model: engine.split("/")[0] as string,
    blocks: 128,
    blockSize: 16,
    dialect: "vllm-0.30",
    hash: "sha256_cbor",
    intHashes: true,
    replay: true,
    ranks: 1,
    groups: 1,
    cpuBlocks: 0,
    adapters: [],
    prefillTokensPerS: 0,
    decodeMsPerToken: 0,
    maxBatchedTokens: 8192,
    bufferSteps: 1000,
    hwm: 100_000,
    publishAtStart: 0,
    events: true,
    seed: 1,
    ...changes,
  };
}
