/** Laws that hold for any sequence of requests, steps, aborts, resets and lab calls. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LedgerChange } from "../../base/ledger.js";
import type { KvEvent } from "../../protocol/kv-event.js";
import type { EngineCore } from "./engine-core.js";
import { BLOCK_SIZE, anEngine, aRequest, residentInPool, residentPerLedger, run, tokensOf } from "./test-engine.js";

const LONGEST = 26;

const action = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("request" as const),
      prompt: fc.nat(3),
      /** From here on the prompt differs from others of its number. */
      branch: fc.constantFrom(4, 8, 12, LONGEST),
      length: fc.integer({ min: 1, max: LONGEST }),
      maxTokens: fc.integer({ min: 1, max: 9 }),
      salted: fc.boolean(),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("steps" as const), count: fc.integer({ min: 1, max: 5 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("abort" as const), nth: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("reset" as const), resetRunning: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("store" as const), prompt: fc.nat(3), length: fc.nat(LONGEST) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("evict" as const), prompt: fc.nat(3), from: fc.nat(4) }) },
);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

/** Does the actions, then settles; hands every batch to `onBatch` as it appears. */
function live(
  engine: EngineCore,
  actions: readonly Action[],
  onBatch: (events: readonly KvEvent[], ledger: readonly LedgerChange[]) => void,
) {
  const step = () => {
    const { events, ledger } = engine.step();
    onBatch(events, ledger);
  };
  const ids: string[] = [];
  for (const act of actions) {
    if (act.do === "request") {
      const tokens = tokensOf(act.prompt, act.length).map((token, i) =>
        i < act.branch ? token : token + act.branch * 50,
      );
      const id = `r${ids.length}`;
      ids.push(id);
      engine.addRequest(aRequest(id, tokens, { maxTokens: act.maxTokens, salt: act.salted ? "s" : null }));
    } else if (act.do === "steps") for (let i = 0; i < act.count; i++) step();
    else if (act.do === "abort") engine.abort(ids.at(-1 - act.nth) ?? "");
    else if (act.do === "reset") engine.resetPrefixCache(act);
    else if (act.do === "store") engine.storeBlocks(tokensOf(act.prompt, act.length), null, null);
    else engine.evictBlocks(tokensOf(act.prompt, LONGEST), null, null, { from: act.from });
  }
  for (let i = 0; engine.hasWork() && i < 10_000; i++) step();
  const rest = engine.takeLabEvents();
  onBatch(rest.events, rest.ledger);
}

/** `op hash group medium` of each block that a ledger change or an event is about. */
function ledgerOrder(change: LedgerChange): string[] {
  if (change.op === "clear") return ["clear"];
  return change.blocks.map(([, hash]) => `${change.op} ${hash} ${change.group} ${change.medium}`);
}
function wireOrder(event: KvEvent): string[] {
  if (event.type === "cleared") return ["clear"];
  const op = event.type === "stored" ? "store" : "remove";
  return event.blockHashes.map(
    (hash) => `${op} ${hash.toString(16).padStart(16, "0")} ${event.groupIdx} ${event.medium}`,
  );
}

/** Follows the wire as a reference-counting index does; a hash that was removed too often stays, negative. */
function count(copies: Map<string, number>, event: KvEvent): void {
  if (event.type === "cleared") copies.clear();
  else if (event.medium === "GPU") {
    for (const hash of event.blockHashes) {
      const key = `${event.groupIdx} ${String(hash)}`;
      const left = (copies.get(key) ?? 0) + (event.type === "stored" ? 1 : -1);
      if (left === 0) copies.delete(key);
      else copies.set(key, left);
    }
  }
}

const shapes = fc.record({
  // The longest request with its output needs 9 blocks in each of two groups.
  numGpuBlocks: fc.integer({ min: 19, max: 30 }),
  maxNumBatchedTokens: fc.integer({ min: 1, max: 40 }),
  maxNumSeqs: fc.integer({ min: 1, max: 4 }),
  kvGroups: fc.constantFrom(1, 1, 2),
  cpuBlocks: fc.constantFrom(0, 0, 3),
});
const actions = fc.array(action, { maxLength: 40 });

describe("conservation", () => {
  it("per hash, stores minus removes on the wire are its resident copies, never negative, in total at most n-1", () => {
    fc.assert(
      fc.property(shapes, actions, (config, script) => {
        const engine = anEngine(config);
        const copies = new Map<string, number>();
        live(engine, script, (events) => {
          for (const event of events) count(copies, event);
          expect(Math.min(...copies.values())).toBeGreaterThanOrEqual(1);
          expect([...copies.values()].reduce((sum, n) => sum + n, 0)).toBeLessThanOrEqual(config.numGpuBlocks - 1);
        });
        const resident = new Map<string, number>();
        for (const { block, group } of engine.pool.residents()) {
          const key = `${group} ${String(block.wire)}`;
          resident.set(key, (resident.get(key) ?? 0) + 1);
        }
        expect(copies).toEqual(resident);
      }),
    );
  });

  it("the ledger says what the wire says, in its order, and equals the pool, group by group", () => {
    fc.assert(
      fc.property(shapes, actions, (config, script) => {
        const engine = anEngine(config);
        const ledger: LedgerChange[] = [];
        live(engine, script, (events, changes) => {
          ledger.push(...changes);
          expect(changes.flatMap(ledgerOrder)).toEqual(events.flatMap(wireOrder));
        });
        let onCpu = 0;
        for (let group = 0; group < config.kvGroups; group++) {
          expect(residentPerLedger(ledger, group)).toEqual(residentInPool(engine, group));
          onCpu += residentPerLedger(ledger, group, "CPU").size;
        }
        expect(engine.stats()).toMatchObject({ usedBlocks: 0, cpuBlocks: onCpu });
      }),
    );
  });

  it("every request is answered in full, whatever it was preempted by", () => {
    fc.assert(
      fc.property(
        shapes,
        fc.array(fc.tuple(fc.integer({ min: 1, max: LONGEST }), fc.integer({ min: 1, max: 9 })), { maxLength: 8 }),
        (config, sizes) => {
          const requests = sizes.map(([length, maxTokens], i) =>
            aRequest(`r${i}`, tokensOf(i % 3, length), { maxTokens }),
          );
          const { outputs, steps } = run(anEngine(config), ...requests);
          for (const { id, maxTokens } of requests) {
            expect(outputs.filter((output) => output.id === id).map(({ index }) => index)).toEqual([
              ...Array(maxTokens).keys(),
            ]);
          }
          for (const { scheduledTokens } of steps)
            expect(scheduledTokens).toBeLessThanOrEqual(config.maxNumBatchedTokens);
        },
      ),
    );
  });

  it("in every batch, a stored block's parent is stored already", () => {
    fc.assert(
      fc.property(shapes, actions, (config, script) => {
        const known = new Set<string>(["null"]);
        live(anEngine(config), script, (events) => {
          for (const event of events.filter((event) => event.type === "stored")) {
            expect(known).toContain(String(event.parent));
            for (const hash of event.blockHashes) known.add(String(hash));
            expect(event.tokenIds.length).toBe(event.blockHashes.length * BLOCK_SIZE);
            expect(event.extraKeys?.length).toBe(event.blockHashes.length);
          }
        });
      }),
    );
  });
});

describe("prefix hits", () => {
  it("a prompt sent twice hits all full blocks before its last token, when nothing was evicted between", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: LONGEST }),
        fc.integer({ min: 1, max: 40 }),
        (length, maxNumBatchedTokens) => {
          const engine = anEngine({ maxNumBatchedTokens });
          run(engine, aRequest("first", tokensOf(1, length)));
          const { cached } = run(engine, aRequest("second", tokensOf(1, length)));
          expect(cached).toEqual({ second: Math.floor((length - 1) / BLOCK_SIZE) * BLOCK_SIZE });
        },
      ),
    );
  });
});
