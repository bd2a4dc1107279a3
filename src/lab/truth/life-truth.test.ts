/** When these fail, a run against a real vLLM is judged by a truth that is not true, or is silently incomplete. */
import { describe, expect, it } from "vitest";
import { childIdentity, identityChain, lineageIdentity } from "../../base/block-identity.js";
import type { LedgerRecord } from "../../base/ledger.js";
import type { KvEvent } from "../../protocol/kv-event.js";
import { aBatch, type BatchFields, BLOCK_SIZE, cleared, removed, stored } from "../../streams/testing/a-trace.js";
import type { TraceRecord } from "../../streams/trace/trace-records.js";
import { type Round, StreamMerge } from "../../streams/tap/stream-merge.js";
import { LifeTruth } from "./life-truth.js";
import { LoadedAdapters } from "./loaded-adapters.js";
import { ToldBlocks } from "./told-blocks.js";

const BEGAN = { ns: 5e9, wallS: 100 };
const of = { engine: "m/1", epoch: 2, rank: 0 };

class Listening {
  readonly adapters = new LoadedAdapters();
  readonly blocks = new ToldBlocks("m", this.adapters);
  readonly ledger: LedgerRecord[] = [];
  readonly gaps: string[] = [];
  readonly truth = new LifeTruth(of, this.blocks, BEGAN, {
    append: (record) => this.ledger.push(record),
    gap: (problem) => this.gaps.push(problem),
  });

  hears(seq: number, events: readonly KvEvent[], fields: BatchFields = {}): this {
    return this.gets(aBatch(seq, events, { ts: 101 + seq, ...fields }), 101 + seq);
  }
  gets(record: TraceRecord, wallS: number): this {
    this.truth.take(record, { ns: BEGAN.ns + (wallS - BEGAN.wallS) * 1e9, wallS });
    return this;
  }
}

const chainOf = (blocks: readonly number[], more: { adapter?: string; salt?: string } = {}): string[] =>
  identityChain(
    { model: "m", adapter: more.adapter ?? null, salt: more.salt ?? null },
    blocks.flatMap((block) => Array.from({ length: BLOCK_SIZE }, () => block)),
    BLOCK_SIZE,
  );

describe("truth from a tap", () => {
  it("names blocks as prompts do, whichever store brought them", () => {
    const { ledger, gaps } = new Listening().hears(0, [stored(null, [1, 2])]).hears(1, [stored(2, [3])]);
    expect(gaps).toEqual([]);
    expect(ledger.map(({ changes }) => changes)).toEqual([
      [{ op: "store", medium: "GPU", blocks: chainOf([1, 2]).map((id, i) => [id, hash(i + 1)]) }],
      [{ op: "store", medium: "GPU", blocks: [[chainOf([1, 2, 3])[2], hash(3)]] }],
    ]);
    expect(ledger[1]).toMatchObject({ ...of, seq: 1 });
  });

  it("keeps salts and adapters apart, an adapter by the path that it was loaded from", () => {
    const heard = new Listening();
    heard.adapters.load("sql", "/v1");
    heard.adapters.load("sql", "/v2");
    const sql = { loraName: "sql", extraKeys: [["sql"]] };
    heard
      .hears(0, [stored(null, [1], { ...sql, loraId: 1 })])
      .hears(1, [stored(null, [2], { ...sql, loraId: 2 })])
      .hears(2, [stored(null, [3], { extraKeys: [["s"]] })]);
    const first = heard.ledger.map(({ changes }) => (changes[0] as unknown as { blocks: string[][] }).blocks[0]?.[0]);
    expect(heard.gaps).toEqual([]);
    expect(first).toEqual([
      chainOf([1], { adapter: "sql@/v1" })[0],
      chainOf([2], { adapter: "sql@/v2" })[0],
      chainOf([3], { salt: "s" })[0],
    ]);
  });

  it("holds a block until the last of its copies is gone, and nothing after a clear", () => {
    const heard = new Listening().hears(0, [stored(null, [1]), stored(null, [1])]).hears(1, [removed([1])]);
    const [id] = chainOf([1]);
    expect(heard.blocks.holds(id as string)).toBe(true);
    heard.hears(2, [removed([1])]);
    expect(heard.blocks.holds(id as string)).toBe(false);
    heard.hears(3, [stored(null, [1]), cleared]);
    expect(heard.blocks.holds(id as string)).toBe(false);
    expect(heard.gaps).toEqual([]);
  });

  it.each<[string, (heard: Listening) => Listening, RegExp]>([
    [
      "a hole that replays did not fill",
      (heard) =>
        heard
          .hears(0, [stored(null, [1])])
          .gets({ kind: "hole", stream: 0, life: 1, from: 1, to: 3, why: "replays did not bring them" }, 102)
          .hears(4, [stored(1, [2])]),
      /^batches 1 to 3 never came \(replays did not bring them\)$/,
    ],
    ["a beginning that is gone", (heard) => heard.hears(7, [stored(null, [1])]), /^batches 0 to 6 were gone/],
    [
      "a batch that cannot be read",
      (heard) => heard.gets({ ...aBatch(0, []), payload: Buffer.from([0xc1]) }, 101),
      /^batch 0 cannot be read/,
    ],
    [
      "a child of an unknown block",
      (heard) => heard.hears(0, [stored(9, [1])]),
      /follows block 0{15}9, which is not held/,
    ],
    [
      "a removal of an unknown block",
      (heard) => heard.hears(0, [removed([9])]),
      /names block 0{15}9, which is not held/,
    ],
    [
      "a sparse store of a hybrid model",
      (heard) => heard.hears(0, [stored(null, [1, 2], { tokenIds: [1, 1, 1, 1] })]),
      /names 2 blocks and 4 tokens/,
    ],
    ["a second group", (heard) => heard.hears(0, [stored(null, [1], { groupIdx: 1 })]), /hybrid model/],
    [
      "an adapter that nobody loaded",
      (heard) => heard.hears(0, [stored(null, [1], { loraId: 4, loraName: "x", extraKeys: [["x"]] })]),
      /adapter x \(4\), which nobody loaded/,
    ],
    ["another rank's batch", (heard) => heard.hears(0, [], { rank: 1 }), /is of rank 1/],
    ["a clock that is ahead", (heard) => heard.hears(0, [], { ts: 160 }), /its clock is not the runner's/],
    ["a clock that is behind", (heard) => heard.gets(aBatch(0, [], { ts: 110 }), 140), /its clock is not the runner's/],
  ])("says of %s that it is not whole", (_, hear, problem) => {
    const { gaps } = hear(new Listening());
    expect(gaps).toHaveLength(1);
    expect(gaps[0]).toMatch(problem);
  });

  it("counts a batch once that came live, by replay, and live again", () => {
    const heard = new Listening();
    const merge = new StreamMerge(0, true, { record: (record) => heard.gets(record, 102) });
    const { seq, topic, payload, atUs } = aBatch(0, [stored(null, [1])], { ts: 101 });
    const batch = { seq, topic, payload, atUs };
    merge.live(batch);
    const asked = merge.round as Round;
    merge.reply(asked, batch);
    merge.roundEnded(asked, "end", 0);
    merge.live(batch);
    expect(heard.ledger).toHaveLength(1);
    expect(heard.gaps).toEqual([]);
  });

  it("reads nothing of a life that is another tap's", () => {
    const { ledger, truth } = new Listening()
      .hears(0, [stored(null, [1])])
      .gets({ kind: "life", stream: 0, life: 2, atUs: 0, why: "x" }, 102)
      .hears(0, [stored(null, [2])], { life: 2 });
    expect(ledger.map(({ seq }) => seq)).toEqual([0]);
    expect(truth.foreign).toBe("x");
  });

  it("dates a batch when it was built, not when it came: no consumer may know of it before", () => {
    const { ledger } = new Listening()
      .gets(aBatch(0, [], { ts: 101 }), 101.4)
      .gets(aBatch(1, [], { ts: 100.9, via: "replay" }), 130)
      .gets(aBatch(2, [], { ts: 130.04 }), 130.02);
    const after = ledger.map(({ at_ns: at }) => Math.round((at - BEGAN.ns) / 1e6));
    // Never back in time, never after its receipt.
    expect(after).toEqual([1000, 1000, 30_020]);
  });

  it("takes a child's identity from its parent's, as every ledger does", () => {
    const [first, second] = chainOf([1, 2]);
    const root = lineageIdentity({ model: "m", adapter: null, salt: null });
    expect(first).toBe(childIdentity(root, [1, 1, 1, 1], 0, 4));
    expect(second).toBe(childIdentity(first as string, [2, 2, 2, 2], 0, 4));
  });
});

function hash(block: number): string {
  return block.toString(16).padStart(16, "0");
}
