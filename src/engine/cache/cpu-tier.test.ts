import { describe, expect, it } from "vitest";
import type { HashedBlock } from "./block-chain.js";
import { BlockChain } from "./block-chain.js";
import { BlockHasher } from "./block-hash.js";
import { CacheJournal } from "./cache-journal.js";
import { CpuTier } from "./cpu-tier.js";
import { resolveConfig } from "./engine-config.js";
import { anEngine, aRequest, hashes, run, tokensOf } from "./test-engine.js";

const BLOCKS = 4;

function aChain() {
  const config = resolveConfig({ model: "m", numGpuBlocks: 8, blockSize: 4, cpuBlocks: 2 });
  const chain = new BlockChain(config, new BlockHasher(hashes, "sha256_cbor"), {
    adapter: null,
    salt: null,
    sessionId: null,
  });
  chain.extend(tokensOf(1, BLOCKS * 4), BLOCKS * 4);
  return chain.blocks;
}

describe("CPU tier", () => {
  it("keeps the block that was offloaded again and drops the one that was not used since", () => {
    const blocks = aChain();
    const tier = new CpuTier(2, new CacheJournal(4));
    for (const i of [0, 1, 0, 2]) tier.offload(blocks[i] as HashedBlock, 0);
    expect(blocks.map(({ digest }) => tier.has(digest, 0))).toEqual([true, false, true, false]);
  });

  it("keeps a block that was loaded back to the GPU longer than one that nobody asked for", () => {
    const engine = anEngine({ numGpuBlocks: 4, cpuBlocks: 4 });
    // Each prompt takes all three GPU blocks, so each pushes the two full blocks of the one before it to the CPU.
    for (const [i, id] of ["a", "b", "c"].entries()) run(engine, aRequest(id, tokensOf(i, 9)));
    expect(run(engine, aRequest("a2", tokensOf(0, 9))).cached).toEqual({ a2: 8 });
    expect(run(engine, aRequest("b2", tokensOf(1, 9))).cached).toEqual({ b2: 0 });
    expect(run(engine, aRequest("a3", tokensOf(0, 9))).cached).toEqual({ a3: 8 });
  });
});
