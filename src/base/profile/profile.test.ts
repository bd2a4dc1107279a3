/** Profiles: what V8 says, as a tree and as pprof bytes; and a process that profiles itself names what keeps it busy. */
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { pprof } from "./pprof.js";
import { cpuTree, heapTree, hottest, totalOf } from "./profile-tree.js";
import { SelfProfiler } from "./self-profiler.js";
import type { CpuProfile, TakenProfiles } from "./v8-profile.js";

const frame = (functionName: string, lineNumber = 4) => ({ functionName, url: "file:///app/x.js", lineNumber });

/** main calls work twice; idle in between. */
const PROFILE: CpuProfile = {
  nodes: [
    { id: 1, callFrame: frame("(root)", -1), children: [2, 3] },
    { id: 2, callFrame: frame("main"), children: [4] },
    { id: 3, callFrame: frame("(idle)", -1) },
    { id: 4, callFrame: frame("") },
  ],
  startTime: 1000,
  endTime: 2000,
  samples: [2, 4, 3, 4],
  timeDeltas: [100, 200, 300, 50],
};

describe("a profile as a tree", () => {
  it("gives each sample the time until the next one, and leaves idleness out", () => {
    const tree = cpuTree(PROFILE);
    expect(tree.children).toHaveLength(1);
    expect(tree.children[0]).toMatchObject({ name: "main", file: "/app/x.js", line: 5, self: 200 });
    // 300 until the idle sample, and from the last sample to the end: 1000 - 650.
    expect(tree.children[0]?.children[0]).toMatchObject({ name: "(anonymous)", self: 300 + 350 });
    expect(totalOf(tree)).toBe(850);
    expect(hottest(tree).map(({ name, self }) => [name, self])).toEqual([
      ["(anonymous)", 650],
      ["main", 200],
    ]);
  });
  it("survives a profile without samples", () => {
    expect(totalOf(cpuTree({ nodes: [], startTime: 0, endTime: 1 }))).toBe(0);
  });
  it("adds up memory by who allocated it", () => {
    const leaf = { callFrame: frame("leaf"), selfSize: 30, children: [] };
    const tree = heapTree({ head: { callFrame: frame("(root)"), selfSize: 0, children: [leaf, leaf] } });
    expect(hottest(tree)).toEqual([{ name: "leaf", file: "/app/x.js", self: 60 }]);
  });
});

/** Fields of a protocol buffer message: number → values, bytes as they are. */
function fields(bytes: Uint8Array): Map<number, (bigint | Uint8Array)[]> {
  const found = new Map<number, (bigint | Uint8Array)[]>();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++] as number;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const key = Number(varint());
    const length = key % 8 === 2 ? Number(varint()) : 0;
    const value = key % 8 === 2 ? bytes.subarray(at, (at += length)) : varint();
    found.set(key >> 3, [...(found.get(key >> 3) ?? []), value]);
  }
  return found;
}

describe("pprof", () => {
  it("holds every stack, leaf first, with its value, function names and places", () => {
    const units = { type: "cpu", unit: "nanoseconds", factor: 1000, durationNs: 1e6 } as const;
    const profile = fields(gunzipSync(pprof(cpuTree(PROFILE), units)));
    const strings = (profile.get(6) ?? []).map((text) => Buffer.from(text as Uint8Array).toString());
    expect(strings[0]).toBe("");
    expect(strings).toEqual(expect.arrayContaining(["cpu", "nanoseconds", "main", "(anonymous)", "/app/x.js"]));
    const [main, inner] = (profile.get(2) ?? []).map((sample) => fields(sample as Uint8Array));
    const values = (sample: typeof main) => [...((sample?.get(2)?.[0] as Uint8Array | undefined) ?? [])];
    expect(values(main)).toEqual([0xc0, 0x9a, 0x0c]); // 200,000 ns
    const stack = [...((inner?.get(1)?.[0] as Uint8Array | undefined) ?? [])];
    const [leaf, caller] = stack.map((id) => {
      const location = (profile.get(4) ?? [])
        .map((one) => fields(one as Uint8Array))
        .find((one) => Number(one.get(1)?.[0]) === id);
      const line = fields(location?.get(4)?.[0] as Uint8Array);
      const called = (profile.get(5) ?? [])
        .map((one) => fields(one as Uint8Array))
        .find((one) => one.get(1)?.[0] === line.get(1)?.[0]);
      return `${strings[Number(called?.get(2)?.[0])]}:${Number(line.get(2)?.[0])}`;
    });
    expect([leaf, caller]).toEqual(["(anonymous):5", "main:5"]);
    expect(profile.get(10)).toEqual([1_000_000n]);
  });
});

describe("a process that profiles itself", () => {
  function sumOfSquares(limit: number): number {
    let sum = 0;
    for (let i = 0; i < limit; i++) sum = (sum + i * i) % 1_000_003;
    return sum;
  }

  it("names the function that kept it busy, and who allocated", async () => {
    const profiler = new SelfProfiler();
    await profiler.control({ action: "start", kinds: ["cpu", "heap"] });
    let sum = 0;
    const kept: number[][] = [];
    for (let round = 0; round < 50; round++) {
      sum += sumOfSquares(2_000_000);
      kept.push(Array.from({ length: 20_000 }, (_, i) => i));
    }
    const taken = (await profiler.control({ action: "stop" })) as TakenProfiles;
    expect(sum + kept.length).toBeGreaterThan(0);
    const names = hottest(cpuTree(taken.cpu as CpuProfile)).slice(0, 5);
    expect(names.map(({ name }) => name)).toContain("sumOfSquares");
    expect(totalOf(heapTree(taken.heap as NonNullable<typeof taken.heap>))).toBeGreaterThan(1_000_000);
  });
  it("refuses what makes no sense, and can be started again afterwards", async () => {
    const profiler = new SelfProfiler();
    const refused = { code: "KVP_E_BAD_REQUEST" };
    for (const body of [null, {}, { action: "start" }, { action: "start", kinds: ["gpu"] }, { action: "stop" }])
      await expect(profiler.control(body)).rejects.toMatchObject(refused);
    const start = { action: "start", kinds: ["heap"] };
    await profiler.control(start);
    await expect(profiler.control(start)).rejects.toMatchObject(refused);
    await profiler.control({ action: "stop" });
    await profiler.control(start);
    expect(await profiler.control({ action: "stop" })).toMatchObject({ cpu: null });
  });
});
