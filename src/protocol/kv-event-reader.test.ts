import { describe, expect, it } from "vitest";
import type { Dialect } from "./dialects.js";
import type { KvEvent } from "./kv-event.js";
import { KvEventReader } from "./kv-event-reader.js";
import { encodeBatch, encodeEvent } from "./kv-event-writer.js";
import { MsgpackWriter } from "./msgpack-writer.js";
import { aRemoved, aStored, expectedEvent, fromHex, H1, H2, readBatch, type SeenBatch, TOKENS } from "./test-events.js";

const coded = (code: string): unknown => expect.objectContaining({ code });

/** MessagePack by hand: a JS value with the writer's types (Map = map, number = int). */
function pack(value: unknown, writer = new MsgpackWriter(), nested = false): Uint8Array {
  if (value === null) writer.nil();
  else if (typeof value === "string") writer.str(value);
  else if (typeof value === "number" || typeof value === "bigint") writer.int(value);
  else if (value instanceof Uint8Array) writer.bin(value);
  else if (Array.isArray(value)) {
    writer.arrayHeader(value.length);
    for (const item of value) pack(item, writer, true);
  } else {
    const pairs = [...(value as Map<unknown, unknown>)];
    writer.mapHeader(pairs.length);
    for (const item of pairs.flat(1)) pack(item, writer, true);
  }
  return nested ? new Uint8Array(0) : writer.finish();
}

const record = (fields: object): Map<string, unknown> => new Map(Object.entries(fields));
const batchOf = (...events: unknown[]): SeenBatch => readBatch(pack([1, events, 0]));
const CORE = {
  type: "BlockStored",
  block_hashes: [H1],
  parent_block_hash: null,
  token_ids: TOKENS,
  block_size: 4,
};
const GOOD = record({ type: "BlockRemoved", block_hashes: [7] });

describe("the reader", () => {
  const events: KvEvent[] = [
    aStored(),
    aRemoved(),
    { type: "cleared" },
    aStored({ blockHashes: [H2, 5n], parent: H1 }),
  ];

  it.each<Dialect>(["vllm-0.20", "vllm-0.22", "vllm-0.24", "vllm-0.30", "map-batch", "trtllm"])(
    "follows an engine that speaks %s",
    (dialect) => {
      const plain = events.map((event) => (event.type === "stored" ? { ...event, specKind: null } : event));
      const { header, events: seen, errors } = readBatch(encodeBatch(dialect, { ts: 2.5, events: plain, rank: 3 }));
      expect(header).toEqual({ ts: 2.5, rank: 3, eventCount: 4 });
      expect(seen).toMatchObject(plain.map(expectedEvent));
      expect(errors).toEqual([]);
    },
  );

  it.each<Dialect>(["vllm-0.9.0", "vllm-0.9.1", "vllm-0.10.2", "vllm-0.14", "vllm-0.17", "sglang-array", "sglang-map"])(
    "follows an engine that speaks %s, with what that release knows",
    (dialect) => {
      const { header, events: seen } = readBatch(encodeBatch(dialect, { ts: 2.5, events, rank: 0 }));
      expect(header.rank).toBe(dialect === "vllm-0.9.0" ? null : 0);
      expect(seen[0]).toMatchObject({ type: "stored", hashes: [H1], parent: null, tokens: TOKENS, blockSize: 4 });
      expect(seen[1]).toMatchObject({ type: "removed", hashes: [H2] });
      expect(seen[2]).toEqual({ type: "cleared" });
      expect(seen[3]).toMatchObject({ type: "stored", hashes: [H2, 5n], parent: H1 });
    },
  );

  it("knows one block by one number, whether its hash comes as u64, i64, small integer or digest", () => {
    const digest = fromHex(`${"ab".repeat(24)}f1f2f3f4f5f6f7f8`);
    const same = [H2, BigInt.asIntN(64, H2), digest, digest.slice(24)];
    for (const hash of same) expect(batchOf(record({ ...CORE, block_hashes: [hash] })).events[0]?.hashes).toEqual([H2]);
    const small = batchOf(
      record({ type: "BlockRemoved", block_hashes: [5, -1, -200, -70000, fromHex("0102"), 2 ** 40] }),
    );
    expect(small.events[0]?.hashes).toEqual([
      5n,
      2n ** 64n - 1n,
      2n ** 64n - 200n,
      2n ** 64n - 70000n,
      0x0102n,
      2n ** 40n,
    ]);
  });

  it("skips unknown keys, unknown trailing elements and unknown types, nested values too", () => {
    const deep = record({ a: [record({ b: [1, "x", null, fromHex("00")] })] });
    const { events: seen, errors } = batchOf(
      record({ ...CORE, skipped_token_ids: [1, 2], event_version: deep }),
      ["BlockRemoved", [7], "GPU", 0, deep, 1],
      record({ type: "TierBlocksCleared", medium: ["CPU"] }),
      ["BlockMoved", deep],
      GOOD,
    );
    expect(errors).toEqual([]);
    expect(seen.map((event) => event.name ?? event.type)).toEqual([
      "stored",
      "removed",
      "TierBlocksCleared",
      "BlockMoved",
      "removed",
    ]);
  });

  it("takes map keys in any order, the type last, and keys that are not strings", () => {
    const shuffled = new Map<unknown, unknown>([
      ["extra_keys", [["ad", "salty"]]],
      ["lora_name", "ad"],
      [17, "a key that is a number"],
      ...Object.entries(CORE).toReversed(),
    ]);
    const [event] = batchOf(shuffled).events;
    expect(event).toMatchObject({ type: "stored", tokens: TOKENS, loraName: "ad", salt: "salty", taint: null });
  });

  it("forgets optional fields of the event before", () => {
    const full = aStored({
      parent: H1,
      loraId: 1,
      loraName: "a",
      slidingWindow: 64,
      extraKeys: [["a", "x"]],
      groupIdx: 2,
    });
    const payload = encodeBatch("vllm-0.30", { ts: 1, events: [full], rank: 0 });
    const reader = new KvEventReader();
    readBatch(payload, reader);
    const bare = readBatch(pack([1, [record(CORE), GOOD], 0]), reader).events;
    expect(bare[0]).toEqual({
      type: "stored",
      hashes: [H1],
      parent: null,
      tokens: TOKENS,
      taint: null,
      blockSize: 4,
      loraId: null,
      loraName: null,
      medium: null,
      groupIdx: 0,
      specKind: null,
      slidingWindow: null,
      salt: null,
    });
    expect(bare[1]).toEqual({ type: "removed", hashes: [7n], medium: null, groupIdx: 0 });
  });

  it("delivers offload placeholders (no tokens, block size 0) and sparse hybrid events as they are", () => {
    const placeholder = aStored({
      tokenIds: [],
      blockSize: 0,
      medium: "CPU",
      extraKeys: null,
      groupIdx: null,
      specKind: null,
    });
    const sparse = aStored({ blockHashes: [], specKind: "sliding_window", slidingWindow: 64 });
    const { events: seen } = readBatch(encodeBatch("vllm-0.30", { ts: 1, events: [placeholder, sparse], rank: 0 }));
    expect(seen[0]).toMatchObject({ tokens: [], blockSize: 0, medium: "CPU", hashes: [H1] });
    expect(seen[1]).toMatchObject({ hashes: [], tokens: TOKENS, slidingWindow: 64 });
  });

  it("reads every width of token up to 2^32-1, also when not in minimal width", () => {
    const tokens = [0, 127, 128, 255, 256, 65535, 65536, 0xffffffff];
    expect(batchOf(record({ ...CORE, token_ids: tokens })).events[0]?.tokens).toEqual(tokens);
    const widened = "96ab426c6f636b53746f7265649107c092cf000000000000012ccd000704c0";
    const payload = fromHex(`920091${widened}`);
    expect(readBatch(payload).events[0]?.tokens).toEqual([300, 7]);
  });

  it("grows for one large event and serves small ones after it", () => {
    const blockHashes = Array.from({ length: 5000 }, (_, i) => BigInt(i) << 40n);
    const tokenIds = Array.from({ length: 80_000 }, (_, i) => i * 53);
    const large = aStored({
      blockHashes,
      tokenIds,
      blockSize: 16,
      extraKeys: blockHashes.map(() => [["img", 1]] as const),
    });
    const batch = { ts: 1, events: [large, aStored(), aRemoved({ blockHashes })], rank: 0 };
    const { events: seen } = readBatch(encodeBatch("vllm-0.30", batch));
    expect(seen).toMatchObject(batch.events.map(expectedEvent));
    expect(new Set(seen[0]?.taint).size).toBe(1);
  });
});

describe("salt and taint", () => {
  const saltOf = (fields: object): unknown[] => {
    const [event] = batchOf(record({ ...CORE, ...fields })).events;
    return [event?.salt, event?.taint];
  };

  it("takes SGLang's salt from its key or its 8th element", () => {
    const salted = aStored({ cacheSalt: "tenant-a" });
    for (const dialect of ["sglang-map", "sglang-array"] as const) {
      const { events } = readBatch(encodeBatch(dialect, { ts: 1, events: [salted], rank: 0 }));
      expect(events[0]).toMatchObject({ salt: "tenant-a", loraName: null, medium: "GPU" });
    }
  });

  it("takes the bare string on block 0 of a sequence as the salt, unless it is the adapter", () => {
    expect(saltOf({ extra_keys: [["s"], null] })).toEqual(["s", null]);
    expect(saltOf({ lora_name: "a", extra_keys: [["a"], ["a"]] })).toEqual([null, null]);
    expect(saltOf({ lora_name: "a", extra_keys: [["a", "s"], ["a"]] })).toEqual(["s", null]);
    expect(saltOf({ lora_name: "a", extra_keys: [["a", "a"]] })).toEqual(["a", null]);
    expect(saltOf({ extra_keys: [] })).toEqual([null, null]);
  });

  it("taints blocks of images and embeddings, equal content equally and other content otherwise", () => {
    const taint = (...keys: unknown[]): number => {
      const [, taints] = saltOf({ block_hashes: [1, 2], extra_keys: [null, keys] });
      const [first, second] = taints as number[];
      expect(first).toBe(0);
      return second as number;
    };
    const image = taint(["img", 2]);
    expect(image).not.toBe(0);
    expect(taint(["img", 2])).toBe(image);
    const others = [taint(["img", 3]), taint("img"), taint(fromHex("00ff")), taint(["img", 2], ["img", 2])];
    expect(new Set([image, ...others]).size).toBe(5);
  });

  it("leaves no taint of one event on the blocks of the next that has fewer entries than blocks", () => {
    const two = { ...CORE, block_hashes: [1, 2] };
    const { events } = batchOf(
      record({ ...two, extra_keys: [[["img", 0]], [["img", 4]]] }),
      record({ ...two, extra_keys: [[["img", 0]]] }),
    );
    expect(events[1]?.taint).toEqual([expect.any(Number), 0]);
  });

  it("keeps image and salt of one block apart", () => {
    const [salt, taint] = saltOf({ extra_keys: [[["img", 0], "s"]] });
    expect(salt).toBe("s");
    expect(taint).toEqual([expect.any(Number)]);
    expect(saltOf({ extra_keys: [["old-image", "s"]] })[0]).toBe("s");
  });

  it("does not take a bare image id of a later event for a salt", () => {
    const [salt, taint] = saltOf({ parent_block_hash: H2, extra_keys: [["old-image"]] });
    expect(salt).toBeNull();
    expect(taint).toEqual([expect.any(Number)]);
  });
});

describe("malformed events", () => {
  it.each<[string, unknown, string]>([
    ["a scalar", 7, "KVP_E_EVENT_INVALID"],
    ["an empty array", [], "KVP_E_EVENT_INVALID"],
    ["a map without type", record({ block_hashes: [1] }), "KVP_E_EVENT_INVALID"],
    ["a type that is a number", [1, 2], "KVP_E_EVENT_INVALID"],
    ["no tokens", record({ type: "BlockStored", block_hashes: [1], parent_block_hash: null }), "KVP_E_EVENT_INVALID"],
    ["a removal of nothing", record({ type: "BlockRemoved" }), "KVP_E_EVENT_INVALID"],
    ["EAGLE bigrams", record({ ...CORE, token_ids: [[1, 2]] }), "KVP_E_EVENT_INVALID"],
    ["a negative token", record({ ...CORE, token_ids: [-1] }), "KVP_E_MSGPACK_TYPE"],
    ["a 33-bit token", record({ ...CORE, token_ids: [2 ** 32] }), "KVP_E_MSGPACK_TYPE"],
    ["a text token", record({ ...CORE, token_ids: ["x"] }), "KVP_E_MSGPACK_TYPE"],
    ["a text hash", record({ ...CORE, block_hashes: ["x"] }), "KVP_E_MSGPACK_TYPE"],
    ["an empty digest", record({ ...CORE, block_hashes: [new Uint8Array(0)] }), "KVP_E_MSGPACK_TYPE"],
    ["hashes that are no list", record({ ...CORE, block_hashes: 5 }), "KVP_E_MSGPACK_TYPE"],
    ["a negative block size", record({ ...CORE, block_size: -16 }), "KVP_E_EVENT_INVALID"],
    ["a medium that is a number", record({ ...CORE, medium: 1 }), "KVP_E_MSGPACK_TYPE"],
    ["a huge string", record({ ...CORE, medium: "x".repeat(5000) }), "KVP_E_MSGPACK_LIMIT"],
    ["a huge salt", record({ ...CORE, extra_keys: [["x".repeat(5000)]] }), "KVP_E_MSGPACK_LIMIT"],
  ])("cost themselves only: %s", (_, event, code) => {
    const { events, errors } = batchOf(GOOD, event, GOOD);
    expect(events.map(({ type }) => type)).toEqual(["removed", "removed"]);
    expect(errors).toEqual([coded(code)]);
  });

  it("cost themselves only: a medium that is not UTF-8", () => {
    const bytes = encodeBatch("vllm-0.24", { ts: 1, events: [aRemoved(), aRemoved()], rank: 0 });
    bytes[Buffer.from(bytes).indexOf("GPU")] = 0xff;
    const { events, errors } = readBatch(bytes);
    expect(events.length).toBe(1);
    expect(errors).toEqual([coded("KVP_E_MSGPACK_INVALID")]);
  });

  it("cost themselves only: more tokens or blocks than the limits", () => {
    const reader = new KvEventReader({ maxTokensPerEvent: 3, maxBlocksPerEvent: 1 });
    const events = [aStored(), aRemoved(), aRemoved({ blockHashes: [1n, 2n] })];
    const seen = readBatch(encodeBatch("vllm-0.30", { ts: 1, events, rank: 0 }), reader);
    expect(seen.events.length).toBe(1);
    expect(seen.errors).toEqual([coded("KVP_E_MSGPACK_LIMIT"), coded("KVP_E_MSGPACK_LIMIT")]);
  });
});

describe("malformed batches", () => {
  const event = encodeEvent("vllm-0.30", aRemoved());

  it.each<[string, Uint8Array, string]>([
    ["nothing", new Uint8Array(0), "KVP_E_MSGPACK_TRUNCATED"],
    ["a scalar", fromHex("01"), "KVP_E_MSGPACK_TYPE"],
    ["one element", fromHex("91cb3ff8000000000000"), "KVP_E_BATCH_INVALID"],
    ["events that are no list", pack([1, 5, 0]), "KVP_E_MSGPACK_TYPE"],
    ["a rank that is text", pack([1, [], "0"]), "KVP_E_MSGPACK_TYPE"],
    ["a time that is text", pack(["now", [], 0]), "KVP_E_MSGPACK_TYPE"],
    ["trailing bytes", fromHex("9301900000"), "KVP_E_BATCH_INVALID"],
    ["a map without events", pack(record({ ts: 1 })), "KVP_E_BATCH_INVALID"],
    ["an event cut short", fromHex("930191c1"), "KVP_E_MSGPACK_INVALID"],
    ["more events than bytes", fromHex("9301ddffffffff"), "KVP_E_MSGPACK_TRUNCATED"],
  ])("are refused whole: %s", (_, payload, code) => {
    expect(() => readBatch(payload)).toThrow(coded(code));
  });

  it("are refused beyond the limits on bytes, events and malformed events", () => {
    const limited = (limits: ConstructorParameters<typeof KvEventReader>[0], payload: Uint8Array): void => {
      expect(() => readBatch(payload, new KvEventReader(limits))).toThrow(coded("KVP_E_MSGPACK_LIMIT"));
    };
    limited({ maxBatchBytes: 3 }, pack([1, [], 0]));
    limited({ maxEventsPerBatch: 1 }, pack([1, [GOOD, GOOD], 0]));
    limited({ maxMalformedPerBatch: 2 }, pack([1, [1, 2, 3], 0]));
  });

  it("are refused when they nest too deep to be skipped, without a stack overflow", () => {
    const bomb = new Uint8Array(200_000).fill(0x91);
    bomb.set(fromHex("930191"));
    expect(() => readBatch(bomb)).toThrow(coded("KVP_E_MSGPACK_LIMIT"));
  });

  it("leave the reader usable, and the events before the damage delivered", () => {
    const reader = new KvEventReader();
    const cut = new Uint8Array([...fromHex("93cb3ff800000000000092"), ...event, ...event.slice(0, 20)]);
    let seen = 0;
    const count = (): void => void seen++;
    expect(() => reader.decodeBatch(cut, { stored: count, removed: count, cleared: count })).toThrow(
      coded("KVP_E_MSGPACK_TRUNCATED"),
    );
    expect(seen).toBe(1);
    expect(readBatch(pack([1, [GOOD], 0]), reader).events.length).toBe(1);
  });

  it("are not blamed for what the sink throws", () => {
    const failing = new Error("the index is full");
    const fail = (): never => {
      throw failing;
    };
    const reader = new KvEventReader();
    expect(() => reader.decodeBatch(pack([1, [GOOD], 0]), { stored: fail, removed: fail, cleared: fail })).toThrow(
      failing,
    );
  });
});
