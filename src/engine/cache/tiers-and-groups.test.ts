import { describe, expect, it } from "vitest";
import type { BlockStored } from "../../protocol/kv-event.js";
import {
  anEngine,
  aRequest,
  identities,
  residentInPool,
  residentPerLedger,
  run,
  shape,
  tokensOf,
} from "./test-engine.js";

describe("CPU tier", () => {
  it("copies a block to the CPU before the GPU loses it, and states tokens and parent so that a router can place it", () => {
    const engine = anEngine({ numGpuBlocks: 6, cpuBlocks: 8 });
    const first = run(engine, aRequest("a", tokensOf(1, 17)));
    const { events } = run(engine, aRequest("b", tokensOf(2, 12)));
    expect(shape(events)).toEqual(["+1 CPU", "-1", "+1 CPU", "-1", "+3"]);
    const stored = first.events[0] as BlockStored;
    expect(events[0]).toMatchObject({
      medium: "CPU",
      blockHashes: [stored.blockHashes[3]],
      parent: stored.blockHashes[2],
      tokenIds: tokensOf(1, 16).slice(12),
      blockSize: 4,
    });
  });

  it("loads blocks back on a hit: they count as cached and are stored on the GPU again", () => {
    const engine = anEngine({ numGpuBlocks: 6, cpuBlocks: 8 });
    run(engine, aRequest("a", tokensOf(1, 17)));
    run(engine, aRequest("b", tokensOf(2, 12)));
    const again = run(engine, aRequest("a2", tokensOf(1, 17)));
    expect(again.cached).toEqual({ a2: 16 });
    const stores = again.events.filter(
      (event): event is BlockStored => event.type === "stored" && event.medium === "GPU",
    );
    expect(stores.map(({ tokenIds }) => tokenIds)).toEqual([tokensOf(1, 16).slice(8)]);
  });

  it("drops its least recently used block when full, and forgets all on a reset", () => {
    const engine = anEngine({ numGpuBlocks: 6, cpuBlocks: 1 });
    run(engine, aRequest("a", tokensOf(1, 17)));
    const { events } = run(engine, aRequest("b", tokensOf(2, 12)));
    expect(shape(events)).toEqual(["+1 CPU", "-1", "-1 CPU", "+1 CPU", "-1", "+3"]);
    expect(engine.stats().cpuBlocks).toBe(1);
    engine.resetPrefixCache();
    expect(engine.stats().cpuBlocks).toBe(0);
    expect(run(engine, aRequest("a2", tokensOf(1, 17))).cached).toEqual({ a2: 0 });
  });

  it("gives up both copies when the lab evicts a block", () => {
    const engine = anEngine({ numGpuBlocks: 6, cpuBlocks: 8 });
    run(engine, aRequest("a", tokensOf(1, 17)));
    run(engine, aRequest("b", tokensOf(2, 12)));
    engine.evictBlocks(tokensOf(1, 17), null, null);
    expect(run(engine, aRequest("a2", tokensOf(1, 17))).cached).toEqual({ a2: 0 });
  });
});

describe("KV groups", () => {
  it("stores and removes every block in each group, and a hit needs all of them", () => {
    const engine = anEngine({ numGpuBlocks: 12, kvGroups: 2 });
    const first = run(engine, aRequest("a", tokensOf(1, 9)));
    expect(shape(first.events)).toEqual(["+2", "+2 g1"]);
    const [g0, g1] = first.events as [BlockStored, BlockStored];
    expect(g1.blockHashes).toEqual(g0.blockHashes);
    expect(run(engine, aRequest("b", tokensOf(1, 9))).cached).toEqual({ b: 8 });
    expect(engine.stats().cachedBlocks).toBe(4);
  });

  it("evicts groups independently: what one group lost cannot be hit", () => {
    const engine = anEngine({ numGpuBlocks: 9, kvGroups: 2 });
    const first = run(engine, aRequest("a", tokensOf(1, 13)));
    const flood = run(engine, aRequest("b", tokensOf(2, 9)));
    const ledger = [...first.ledger, ...flood.ledger];
    const held = [0, 1].map(
      (group) => identities(tokensOf(1, 12)).filter((id) => residentPerLedger(ledger, group).has(id)).length,
    );
    expect(held).toEqual([0, 2]);
    expect(run(engine, aRequest("a2", tokensOf(1, 13))).cached).toEqual({ a2: 0 });
    expect([...residentInPool(engine, 1).keys()].length).toBeGreaterThan(0);
  });
});
