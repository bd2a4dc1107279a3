import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { InternalError } from "../base/errors.js";
import { sharedAvailable, sharedPath } from "../../test/shared.js";
import type { Dialect } from "./dialects.js";
import type { KvEvent, KvEventBatch } from "./kv-event.js";
import { encodeBatch, encodeEvent } from "./kv-event-writer.js";
import { aRemoved, aStored, fromHex, H1, H2, TOKENS, toHex } from "./test-events.js";

interface Golden {
  readonly versions: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly sglang: Readonly<Record<string, string>>;
}

const digest = fromHex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
const lora = { blockHashes: [H2], loraId: 7, loraName: "sql-lora", extraKeys: [["sql-lora"]] };
const twoBlocks = { blockHashes: [H2, 5n], tokenIds: [...TOKENS, ...TOKENS] };

const EVENTS: Record<string, KvEvent> = {
  BlockStored_root: aStored(),
  BlockStored_child_2blocks: aStored({ ...twoBlocks, parent: H1, extraKeys: [null, null] }),
  BlockStored_lora: aStored(lora),
  BlockStored_salt: aStored({ ...twoBlocks, extraKeys: [["tenant-a"], null] }),
  BlockStored_mm: aStored({ blockHashes: [H2], extraKeys: [[["imghash", 2]]] }),
  BlockStored_bytes: aStored({ blockHashes: [digest] }),
  BlockRemoved: aRemoved(),
  AllBlocksCleared: { type: "cleared" },
};

const BATCHES: Record<string, KvEventBatch> = {
  batch_cleared_rank0: { ts: 1.5, events: [{ type: "cleared" }], rank: 0 },
  batch_cleared_integral_ts: { ts: 1789095808, events: [{ type: "cleared" }], rank: 0 },
  batch_mixed_rank3: { ts: 1789095808.8378847, events: [aStored(), aRemoved(), { type: "cleared" }], rank: 3 },
};

const DIALECT_OF: Record<string, Dialect> = {
  v1: "vllm-0.9.0",
  v2: "vllm-0.9.1",
  v3: "vllm-0.10.2",
  v4: "vllm-0.14",
  v5: "vllm-0.17",
  v6: "vllm-0.20",
  v7: "vllm-0.22",
  v8: "vllm-0.24",
  v9: "vllm-0.30",
};

const SGLANG_HASH = BigInt.asIntN(64, 0xfefdfcfbfaf9f8f8n);
const SGLANG: Record<string, readonly [Dialect, KvEvent]> = {
  array_BlockStored: ["sglang-array", aStored({ blockHashes: [SGLANG_HASH] })],
  array_BlockRemoved: ["sglang-array", aRemoved({ blockHashes: [SGLANG_HASH] })],
  map_BlockStored: ["sglang-map", aStored({ blockHashes: [SGLANG_HASH] })],
  map_BlockStored_salt_session: [
    "sglang-map",
    aStored({ blockHashes: [SGLANG_HASH], cacheSalt: "tenant-a", sessionId: "s1" }),
  ],
  map_BlockRemoved: ["sglang-map", aRemoved({ blockHashes: [SGLANG_HASH] })],
};

function known<T>(sample: T | undefined, name: string): T {
  if (sample === undefined) throw new Error(`no sample for ${name}`);
  return sample;
}

function encodeSample(name: string, dialect: Dialect | undefined): Uint8Array {
  const event = EVENTS[name];
  return event === undefined
    ? encodeBatch(known(dialect, name), known(BATCHES[name], name))
    : encodeEvent(known(dialect, name), event);
}

describe.skipIf(!sharedAvailable)("the writer against msgspec's bytes (needs ../shared)", () => {
  const golden: Golden = sharedAvailable
    ? (JSON.parse(readFileSync(sharedPath("vectors/vllm-kv-events.json"), "utf8")) as Golden)
    : { versions: {}, sglang: {} };
  for (const [version, vectors] of Object.entries(golden.versions)) {
    const dialect = DIALECT_OF[version.split(" ")[0] ?? ""];
    for (const [name, hex] of Object.entries(vectors)) {
      if (name === "release") continue;
      it(`writes ${name} of ${version} byte for byte`, () => {
        expect(toHex(encodeSample(name, dialect))).toBe(hex);
      });
    }
  }
  for (const [name, hex] of Object.entries(golden.sglang)) {
    it(`writes SGLang's ${name} byte for byte`, () => {
      expect(toHex(encodeEvent(...known(SGLANG[name], name)))).toBe(hex);
    });
  }
});

describe("the writer", () => {
  it("writes i64 dialects signed, whichever way the engine holds the hash", () => {
    const unsigned = encodeEvent("trtllm", aRemoved({ blockHashes: [BigInt.asUintN(64, SGLANG_HASH)] }));
    expect(unsigned).toEqual(encodeEvent("trtllm", aRemoved({ blockHashes: [SGLANG_HASH] })));
    expect(toHex(unsigned)).toContain("d3fefdfcfbfaf9f8f8");
  });

  it("keeps [] and [nil] of fields that have a default, as msgspec does", () => {
    const text = (extraKeys: (null | string[])[]): string => toHex(encodeEvent("vllm-0.30", aStored({ extraKeys })));
    expect(text([])).toContain(toHex(new TextEncoder().encode("extra_keys")) + "90");
    expect(text([null])).toContain(toHex(new TextEncoder().encode("extra_keys")) + "91c0");
  });

  it("leaves absent extra keys out of a map and nil in an array", () => {
    const { extraKeys: _, ...plain } = aStored();
    expect(toHex(encodeEvent("vllm-0.30", plain)).startsWith("8a")).toBe(true);
    expect(toHex(encodeEvent("vllm-0.17", plain)).endsWith("c0c0")).toBe(true);
  });

  it("appends SGLang's salt map to array events of salted requests only", () => {
    expect(toHex(encodeEvent("sglang-array", aStored({ cacheSalt: "s" })))).toMatch(
      /^98.*81aa63616368655f73616c74a173$/,
    );
  });

  it("writes the map batch of the unreleased revision", () => {
    const bytes = encodeBatch("map-batch", { ts: 1.5, events: [], rank: 2 });
    expect(toHex(bytes)).toBe("83a27473cb3ff8000000000000a66576656e747390b2646174615f706172616c6c656c5f72616e6b02");
  });

  it("survives a failed batch: the next one is whole", () => {
    const before = encodeBatch("vllm-0.30", { ts: 1, events: [aStored()], rank: 0 });
    const tooWide = aStored({ blockHashes: [2n ** 64n] });
    expect(() => encodeBatch("vllm-0.30", { ts: 1, events: [tooWide], rank: 0 })).toThrow(InternalError);
    expect(() => encodeBatch("vllm-0.30", { ts: 1, events: [aStored({ tokenIds: [0.5] })], rank: 0 })).toThrow(
      InternalError,
    );
    expect(encodeBatch("vllm-0.30", { ts: 1, events: [aStored()], rank: 0 })).toEqual(before);
  });

  it("writes a batch larger than its first buffer, and keeps earlier batches intact", () => {
    const tokenIds = Uint32Array.from({ length: 400_000 }, (_, i) => i * 7);
    const small = encodeBatch("vllm-0.30", { ts: 1, events: [aRemoved()], rank: 0 });
    const copy = small.slice();
    const large = encodeBatch("vllm-0.30", { ts: 1, events: [aStored({ tokenIds })], rank: 0 });
    expect(large.length).toBeGreaterThan(1 << 20);
    expect(small).toEqual(copy);
  });
});
