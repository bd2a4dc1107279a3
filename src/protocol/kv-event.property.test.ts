/** Properties of both sides of the wire together: round trips in every dialect, and any damage ends in a typed error. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DIALECTS, type Dialect } from "./dialects.js";
import type { BlockRemoved, BlockStored, ExtraKey, KvEvent, KvEventBatch } from "./kv-event.js";
import { decodeBatchObjects } from "./kv-event-objects.js";
import { KvEventReader } from "./kv-event-reader.js";
import { encodeBatch } from "./kv-event-writer.js";
import { codeOf, expectedEvent, readBatch, type SeenBatch, toHex } from "./test-events.js";

const names = Object.keys(DIALECTS) as Dialect[];
const anyDialect = fc.constantFrom(...names);
const anyText = fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 });
const orNull = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(arbitrary, { nil: null });
const anyHash = fc.oneof(
  { weight: 4, arbitrary: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) },
  fc.bigInt({ min: -(2n ** 63n), max: 300n }),
  fc.uint8Array({ minLength: 1, maxLength: 40 }),
);
const anyToken = fc.oneof(fc.nat(300), fc.nat(70_000), fc.integer({ min: 0, max: 0xffffffff }));
const anyCount = fc.oneof(fc.nat(64), fc.maxSafeNat());
const anyExtraKey: fc.Arbitrary<ExtraKey> = fc.oneof(
  anyText,
  fc.uint8Array({ maxLength: 40 }),
  fc.tuple(anyText, anyCount),
);

const anyStored: fc.Arbitrary<BlockStored> = fc.record({
  type: fc.constant("stored" as const),
  blockHashes: fc.array(anyHash, { maxLength: 40 }),
  parent: orNull(anyHash),
  tokenIds: fc.array(anyToken, { maxLength: 200 }),
  blockSize: anyCount,
  loraId: orNull(fc.integer()),
  loraName: orNull(anyText),
  medium: orNull(fc.constantFrom("GPU", "CPU", "CPU_PINNED", "STORAGE")),
  extraKeys: orNull(fc.array(orNull(fc.array(anyExtraKey, { maxLength: 3 })), { maxLength: 40 })),
  groupIdx: orNull(anyCount),
  specKind: orNull(fc.constantFrom("full_attention", "sliding_window", "mamba")),
  slidingWindow: orNull(anyCount),
  locality: orNull(anyText),
  ownership: orNull(anyText),
  sessionId: orNull(anyText),
  cacheSalt: orNull(anyText),
});
const anyRemoved: fc.Arbitrary<BlockRemoved> = fc.record({
  type: fc.constant("removed" as const),
  blockHashes: fc.array(anyHash, { maxLength: 40 }),
  medium: orNull(anyText),
  groupIdx: orNull(anyCount),
  locality: orNull(anyText),
  ownership: orNull(anyText),
});
const anyEvent: fc.Arbitrary<KvEvent> = fc.oneof(anyStored, anyRemoved, fc.constant({ type: "cleared" as const }));
const anyBatch: fc.Arbitrary<KvEventBatch> = fc.record({
  ts: fc.double({ noNaN: true }),
  events: fc.array(anyEvent, { maxLength: 6 }),
  rank: orNull(fc.nat(64)),
});

/** One reader for all cases: what a case leaves behind must not show in the next. */
const reader = new KvEventReader();
const newest = encodeBatch.bind(null, "vllm-0.30");

describe("round trips", () => {
  it("give the same bytes in every dialect", () => {
    fc.assert(
      fc.property(anyDialect, anyBatch, (dialect, batch) => {
        const bytes = encodeBatch(dialect, batch);
        expect(toHex(encodeBatch(dialect, decodeBatchObjects(bytes)))).toBe(toHex(bytes));
      }),
    );
  });

  it("reach the sink as they were published", () => {
    fc.assert(
      fc.property(anyDialect, anyBatch, (dialect, batch) => {
        const bytes = encodeBatch(dialect, batch);
        const objects = decodeBatchObjects(bytes);
        const { header, events, errors } = readBatch(bytes, reader);
        expect(errors).toEqual([]);
        expect(events).toMatchObject(objects.events.map(expectedEvent));
        expect(header).toEqual({ ts: batch.ts, rank: objects.rank ?? null, eventCount: batch.events.length });
      }),
    );
  });

  it("agree with the events themselves in the newest dialect", () => {
    fc.assert(
      fc.property(anyBatch, (batch) => {
        expect(readBatch(newest(batch), reader).events).toMatchObject(batch.events.map(expectedEvent));
      }),
    );
  });
});

describe("extra keys", () => {
  it("separate exactly the blocks that differ in them", () => {
    const keysOf = fc.array(orNull(fc.array(anyExtraKey, { minLength: 1, maxLength: 3 })), {
      minLength: 1,
      maxLength: 8,
    });
    const plain = { loraName: null, parent: 1n, cacheSalt: null };
    fc.assert(
      fc.property(anyStored, keysOf, (stored, extraKeys) => {
        const blockHashes = extraKeys.map((_, i) => BigInt(i));
        const event = { ...stored, ...plain, blockHashes, extraKeys };
        const [seen] = readBatch(newest({ ts: 1, events: [event], rank: 0 }), reader).events;
        const isPlain = extraKeys.map((keys) => keys === null);
        expect((seen?.taint ?? extraKeys.map(() => 0)).map((taint) => taint === 0)).toEqual(isPlain);
        expect(seen?.salt).toBeNull();
      }),
    );
  });
});

/** What may happen to bytes on the way. */
type Damage = (bytes: Uint8Array) => Uint8Array;
const anyDamage: fc.Arbitrary<Damage> = fc.oneof(
  fc.tuple(fc.nat(), fc.nat(255)).map(
    ([at, value]): Damage =>
      (bytes) =>
        bytes.with(at % bytes.length, value),
  ),
  fc.tuple(fc.nat(), fc.nat(7)).map(
    ([at, bit]): Damage =>
      (bytes) => {
        const index = at % bytes.length;
        return bytes.with(index, (bytes[index] as number) ^ (1 << bit));
      },
  ),
  fc.nat().map(
    (length): Damage =>
      (bytes) =>
        bytes.slice(0, length % bytes.length),
  ),
  fc.uint8Array({ minLength: 1, maxLength: 20 }).map(
    (more): Damage =>
      (bytes) =>
        new Uint8Array([...bytes, ...more]),
  ),
  fc.tuple(fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 9 })).map(
    ([at, more]): Damage =>
      (bytes) => {
        const index = at % bytes.length;
        return new Uint8Array([...bytes.slice(0, index), ...more, ...bytes.slice(index)]);
      },
  ),
);
const anyDamaged = fc
  .tuple(anyDialect, anyBatch, fc.array(anyDamage, { minLength: 1, maxLength: 4 }))
  .map(([dialect, batch, damages]) =>
    damages.reduce((bytes, damage) => (bytes.length === 0 ? bytes : damage(bytes)), encodeBatch(dialect, batch)),
  );
const PROTOCOL_CODE = /^KVP_E_(MSGPACK_(TRUNCATED|INVALID|LIMIT|TYPE)|EVENT_INVALID|BATCH_INVALID)$/;

function attempt(bytes: Uint8Array): { code?: string | undefined; batch?: SeenBatch } {
  const seen: SeenBatch[] = [];
  const code = codeOf(() => seen.push(readBatch(bytes, reader)));
  const [batch] = seen;
  return batch === undefined ? { code } : { batch };
}

describe("damaged bytes", () => {
  it("end in a typed error or in events, never in a crash, and never harm the next batch", () => {
    const sound = newest({ ts: 1, events: [{ type: "removed", blockHashes: [7n], medium: "GPU" }], rank: 0 });
    fc.assert(
      fc.property(fc.oneof(anyDamaged, fc.uint8Array({ maxLength: 200 })), (bytes) => {
        const { code = "KVP_E_EVENT_INVALID", batch } = attempt(bytes);
        const codes = [code, ...(batch?.errors ?? []).map((error) => error.code)];
        expect(codes.filter((seen) => !PROTOCOL_CODE.test(seen))).toEqual([]);
        expect(codeOf(() => decodeBatchObjects(bytes)) ?? code).toMatch(PROTOCOL_CODE);
        expect(readBatch(sound, reader).events).toEqual([
          { type: "removed", hashes: [7n], medium: "GPU", groupIdx: 0 },
        ]);
      }),
      { numRuns: 2000 },
    );
  });

  it("mean the same to both readers wherever neither complains", () => {
    fc.assert(
      fc.property(anyDamaged, (bytes) => {
        const { batch } = attempt(bytes);
        const objects: KvEventBatch[] = [];
        codeOf(() => objects.push(decodeBatchObjects(bytes)));
        const [decoded] = objects;
        fc.pre(batch !== undefined && batch.errors.length === 0 && decoded !== undefined);
        const known = batch?.events.filter(({ type }) => type !== "unknown");
        expect(known).toMatchObject((decoded?.events ?? []).map(expectedEvent));
      }),
      { numRuns: 300 },
    );
  });

  it("cost time in proportion to their length", () => {
    const worst = [
      new Uint8Array(1 << 20).fill(0x91),
      new Uint8Array(1 << 20).fill(0x81),
      Uint8Array.from({ length: 1 << 20 }, (_, i) => [0x93, 0x01, 0xdd, 0x00, 0x0f, 0xff, 0x00][i] ?? 0x90),
    ];
    const start = performance.now();
    for (const bytes of worst) expect(attempt(bytes).code).toMatch(PROTOCOL_CODE);
    expect(performance.now() - start).toBeLessThan(5000);
  });
});
