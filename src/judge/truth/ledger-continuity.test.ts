import { describe, expect, it } from "vitest";
import type { LedgerEntry } from "../history/records.js";
import { LedgerContinuity, type StreamPosition } from "./ledger-continuity.js";

const entry = (seq: number, epoch = 1): LedgerEntry => ({
  k: "ledger",
  at: 5,
  engine: "a",
  epoch,
  rank: 2,
  seq,
  at_ns: 5,
  changes: [],
});
const start = (): StreamPosition => ({ epoch: 1, nextSeq: 0 });

describe("LedgerContinuity", () => {
  it("finds nothing in lives that count from 0 without holes", () => {
    const continuity = new LedgerContinuity();
    const position = start();
    const taken = [entry(0), entry(1), entry(0, 2), entry(1, 2), entry(2, 2)].map((e) =>
      continuity.advance(position, e),
    );
    expect(taken).toEqual([true, true, true, true, true]);
    expect(position).toEqual({ epoch: 2, nextSeq: 3 });
    expect([continuity.problemCount, continuity.problems]).toEqual([0, []]);
  });

  it("tells of a hole, a step back, a life that does not begin at 0, and goes on from there", () => {
    const continuity = new LedgerContinuity();
    const position = start();
    for (const e of [entry(0), entry(3), entry(4), entry(2), entry(7, 2), entry(8, 2)]) continuity.advance(position, e);
    expect(continuity.problems).toEqual([
      "a rank 2 epoch 1: batch 3 where 1 was due",
      "a rank 2 epoch 1: batch 2 where 5 was due",
      "a rank 2 epoch 2: batch 7 where 0 was due",
    ]);
    expect(position).toEqual({ epoch: 2, nextSeq: 9 });
  });

  it("leaves out what a life that is over still says", () => {
    const continuity = new LedgerContinuity();
    const position = { epoch: 3, nextSeq: 4 };
    expect(continuity.advance(position, entry(4, 2))).toBe(false);
    expect(position).toEqual({ epoch: 3, nextSeq: 4 });
    expect(continuity.problems).toEqual(["a rank 2 epoch 2 published batch 4 after epoch 3 began"]);
  });

  it("tells of removals without a copy, of the dead that speak, and of what a tap missed", () => {
    const continuity = new LedgerContinuity();
    continuity.impossibleRemoval(entry(6), "beef");
    continuity.afterDeath(entry(7));
    continuity.missed({ k: "truth-gap", at: 9, engine: "a", rank: 2, epoch: 1, problem: "3 batches missed" });
    expect(continuity.problems).toEqual([
      "a rank 2 batch 6 removes beef, of which it holds no copy",
      "a epoch 1 published batch 7 after it was reported down",
      "a rank 2 epoch 1: 3 batches missed",
    ]);
    expect(continuity.problemCount).toBe(3);
  });

  it("counts all problems and tells the first twenty", () => {
    const continuity = new LedgerContinuity();
    for (let n = 0; n < 25; n++) continuity.afterDeath(entry(n));
    expect(continuity.problemCount).toBe(25);
    expect(continuity.problems).toHaveLength(20);
    expect(continuity.problems.at(-1)).toBe("a epoch 1 published batch 19 after it was reported down");
  });
});
