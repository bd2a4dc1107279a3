import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { sharedAvailable, sharedPath } from "../../../test/shared.js";
import { BlockHasher } from "./block-hash.js";
import { ByteSink } from "./byte-sink.js";
import { cborInput } from "./cbor-input.js";
import type { HashAlgorithm } from "./engine-types.js";
import { hashedExtraKeys, wireExtraKeys } from "./extra-keys.js";
import { loadHashes } from "./hash-functions.js";
import type { HashInputFormat, HashValue } from "./hash-input.js";
import { pickleInput } from "./pickle-input.js";

const hashes = await loadHashes();
const hex = (digest: string) => Buffer.from(digest, "latin1").toString("hex");
const FIRST_TOKENS = Uint32Array.from({ length: 16 }, (_, i) => i + 1);

interface Vectors {
  readonly hash_vectors: readonly {
    readonly algo: string;
    readonly seed: string;
    readonly NONE_HASH: string;
    readonly chain: readonly { readonly tokens: readonly number[]; readonly hash: string; readonly uint64: string }[];
  }[];
  readonly hash_extra_keys_cbor_default_seed: Readonly<Record<string, string>>;
}

describe.skipIf(!sharedAvailable)("block hashes equal vLLM's (needs ../shared)", () => {
  const read = () => JSON.parse(readFileSync(sharedPath("vectors/vllm-kv-events.json"), "utf8")) as Vectors;

  it("chains blocks from the seed, whole digests and wire integers", () => {
    const { hash_vectors } = read();
    expect(hash_vectors.length).toBe(6);
    for (const { algo, seed, NONE_HASH, chain } of hash_vectors) {
      const algorithm: HashAlgorithm = algo === "sha256_cbor" ? "sha256_cbor" : "sha256";
      const hasher = new BlockHasher(hashes, algorithm, seed);
      expect(hex(hasher.root), `${algo} ${seed}`).toBe(NONE_HASH);
      let parent = hasher.root;
      for (const { tokens, hash, uint64 } of chain) {
        parent = hasher.block(parent, Uint32Array.from(tokens), 0, tokens.length, null);
        expect([hex(parent), hasher.wireInt(parent)]).toEqual([hash, BigInt(uint64)]);
      }
    }
  });

  it("separates adapters, salts and images, in the tagged form of 0.31 and the untagged one before", () => {
    const expected = read().hash_extra_keys_cbor_default_seed;
    const hasher = new BlockHasher(hashes, "sha256_cbor");
    const hashOf = (keys: Parameters<typeof hashedExtraKeys>[0], tagged: boolean) =>
      hex(hasher.block(hasher.root, FIRST_TOKENS, 0, 16, hashedExtraKeys(keys, tagged)));
    const lora = { adapter: { name: "sql-lora", path: "/adapters/sql" } };
    const salt = { salt: "tenant-a" };
    const mm = { multimodal: [["imghash", 2]] as const };
    expect({
      untagged_lora: hashOf(lora, false),
      untagged_salt: hashOf(salt, false),
      untagged_mm: hashOf(mm, false),
      "tagged_lora(name,path)": hashOf(lora, true),
      tagged_salt: hashOf(salt, true),
      tagged_mm: hashOf(mm, true),
    }).toEqual(expected);
  });
});

describe("hash inputs", () => {
  const written = (format: HashInputFormat, tokens: number[], extra: readonly HashValue[] | null) => {
    const sink = new ByteSink(4);
    format.block(sink, { parent: "\xff\x00", tokens: Uint32Array.from(tokens), from: 0, to: tokens.length, extra });
    return sink.view().toString("hex");
  };
  /** Bytes in hex; the spaces are for reading. */
  const bytes = (text: string) => text.replaceAll(" ", "");
  const frame = (text: string) => {
    const body = bytes(text);
    return `800595${Buffer.of(body.length / 2, 0, 0, 0, 0, 0, 0, 0).toString("hex")}${body}`;
  };

  it("writes canonical CBOR as cbor2 does", () => {
    expect(written(cborInput, [0, 23, 24, 255, 256, 65535, 65536, 4294967295], null)).toBe(
      bytes("83 42ff00 88 00 17 1818 18ff 190100 19ffff 1a00010000 1affffffff f6"),
    );
    expect(written(cborInput, [1], ["é", ["mm", "i", -3], Uint8Array.of(1)])).toBe(
      bytes("83 42ff00 81 01 83 62c3a9 83 626d6d 6169 22 4101"),
    );
  });

  it("writes pickle protocol 5 as CPython does, which keeps one-character strings once", () => {
    expect(written(pickleInput, [0, 255, 256, 65535, 65536, 2147483647, 4294967295], null)).toBe(
      frame("4302ff00 94 28 4b00 4bff 4d0001 4dffff 4a00000100 4affffff7f 8a05ffffffff00 74 94 4e 87 94 2e"),
    );
    expect(written(pickleInput, [7], ["a", "a", "bb", "bb"])).toBe(
      frame("4302ff00 94 4b07 85 94 28 8c0161 94 6802 8c026262 94 8c026262 94 74 94 87 94 2e"),
    );
  });

  it("has XXH3-128 in canonical byte order", () => {
    expect(hex(hashes.xxh3(new Uint8Array(0)))).toBe("99aa06d3014798d86001c324468d497f");
  });

  it("hashes every algorithm differently, to 32 and 16 bytes", () => {
    const algorithms: HashAlgorithm[] = ["sha256", "sha256_cbor", "xxhash", "xxhash_cbor"];
    const digests = algorithms.map((algorithm) => {
      const hasher = new BlockHasher(hashes, algorithm, "0");
      return hex(hasher.block(hasher.root, FIRST_TOKENS, 0, 16, null));
    });
    expect(digests.map((digest) => digest.length)).toEqual([64, 64, 32, 32]);
    expect(new Set(digests).size).toBe(4);
  });

  it("puts adapter before salt on the wire, untagged", () => {
    expect(wireExtraKeys({ adapter: { name: "loraA", path: "./loraA" }, salt: "salt-A" })).toEqual(["loraA", "salt-A"]);
    expect(wireExtraKeys({})).toBeNull();
  });
});
