import { describe, expect, it } from "vitest";
import { appliedOf } from "../lab/sut/applied-answer.js";
import { AppliedTrace } from "./applied-trace.js";

const a = { engine: "m/1", rank: 0 };
const b = { engine: "m/2", rank: 1 };

describe("the trace of applied batches", () => {
  it("tells each batch once, as the lab's driver reads it", () => {
    const trace = new AppliedTrace(1);
    trace.note(a, 1, 7, 1e13, 1e13 + 500);
    trace.note(b, 2, 8, 20, 25);
    trace.note(a, 1, 9, 30, 31);
    expect(appliedOf(trace.take())).toEqual([
      {
        engine: "m/1",
        rank: 0,
        life: 1,
        dropped: 0,
        batches: [
          [7, 1e13, 1e13 + 500],
          [9, 30, 31],
        ],
      },
      { engine: "m/2", rank: 1, life: 2, dropped: 0, batches: [[8, 20, 25]] },
    ]);
    expect(appliedOf(trace.take())).toEqual([]);
  });

  it("takes every n-th batch by its number", () => {
    const trace = new AppliedTrace(4);
    expect([0, 1, 3, 4, 8].map((seq) => trace.wants(seq))).toEqual([true, false, false, true, true]);
  });

  it("keeps a bounded number, and counts what it had to leave out", () => {
    const trace = new AppliedTrace(1);
    for (let seq = 0; seq < 70_000; seq++) trace.note(a, 1, seq, 1, 2);
    const { count, dropped } = trace.take();
    expect({ kept: count, all: count + dropped }).toEqual({ kept: 65_536, all: 70_000 });
  });
});
