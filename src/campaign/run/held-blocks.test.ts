import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { LedgerChange, LedgerRecord } from "../../base/ledger.js";
import type { EngineHandle, Lab } from "../../lab/ports.js";
import { HeldBlocks } from "./held-blocks.js";
import { lastSequence } from "./ledger-tail.js";
import { LostBatches } from "./lost-batches.js";
import type { Prompt } from "./prompt-book.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kvproof-held-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const chain = ["a", "b", "c", "d"];
const prompt = { model: "m", chain } as unknown as Prompt;
const handle = (epoch = 1, groups = 1): EngineHandle =>
  ({ spec: { engine: "m/1", model: "m", groups }, epoch }) as unknown as EngineHandle;
const ledger = (epoch: number): string => join(folder, `${epoch}.ndjson`);

function store(blocks: readonly string[], more: { group?: number; medium?: string } = {}): LedgerChange {
  return { op: "store", blocks: blocks.map((identity) => [identity, "00"] as const), ...more };
}
function remove(blocks: readonly string[], more: { group?: number; medium?: string } = {}): LedgerChange {
  return { op: "remove", blocks: blocks.map((identity) => [identity, "00"] as const), ...more };
}
function write(
  changes: readonly LedgerChange[],
  { epoch = 1, rank = 0, seq = 0, ...wire }: Partial<LedgerRecord> = {},
): void {
  appendFileSync(ledger(epoch), `${JSON.stringify({ engine: "m/1", epoch, rank, seq, at_ns: 1, changes, ...wire })}\n`);
}
function range(groups = 1, epoch = 1, lost = new LostBatches()): { least: number; most: number } {
  const blocks = new HeldBlocks({ ledgerFiles: () => [ledger(1), ledger(2)] } as unknown as Lab, lost);
  blocks.refresh();
  return blocks.prefix(handle(epoch, groups), prompt);
}
/** Where everything was told, there is one right answer. */
function held(groups = 1, epoch = 1): number {
  const { least, most } = range(groups, epoch);
  expect(least).toBe(most);
  return least;
}

describe("what engines hold, for knowing when a run has converged", () => {
  it("counts copies: a block stored twice and removed once is still held", () => {
    write([store(["a", "b"]), store(["b"]), remove(["b"])]);
    expect(held()).toBe(2);
    write([remove(["b"])]);
    expect(held()).toBe(1);
  });

  it("is the prefix without a hole", () => {
    write([store(["a", "b", "c", "d"]), remove(["b"])]);
    expect(held()).toBe(1);
  });

  it("wants every group, in any medium", () => {
    write([store(["a", "b"], { group: 0 }), store(["a"], { group: 1, medium: "CPU" })]);
    expect(held(2)).toBe(1);
    write([store(["b"], { group: 1 })]);
    expect(held(2)).toBe(2);
  });

  it("is that of the best rank, never one put together from two", () => {
    write([store(["a", "b"])], { rank: 0 });
    write([store(["c", "d"])], { rank: 1 });
    expect(held()).toBe(2);
  });

  it("forgets a life that has ended, and everything at a clear", () => {
    write([store(["a", "b"])]);
    write([store(["a"])], { epoch: 2 });
    expect([held(1, 1), held(1, 2)]).toEqual([0, 1]);
    write([{ op: "clear" }], { epoch: 2 });
    expect(held(1, 2)).toBe(0);
  });

  it("grows with the ledger and waits for a line that is being written", () => {
    const blocks = new HeldBlocks({ ledgerFiles: () => [ledger(1)] } as unknown as Lab, new LostBatches());
    blocks.refresh();
    expect(blocks.prefix(handle(), prompt).most).toBe(0);
    const line = JSON.stringify({ engine: "m/1", epoch: 1, rank: 0, seq: 0, at_ns: 1, changes: [store(["a", "b"])] });
    writeFileSync(ledger(1), line.slice(0, 40));
    blocks.refresh();
    appendFileSync(ledger(1), `${line.slice(40)}\n`);
    blocks.refresh();
    expect(blocks.prefix(handle(), prompt)).toEqual({ least: 2, most: 2 });
  });
});

describe("what nobody can know of it", () => {
  const both = (): [number, number] => [range().least, range().most];

  it("leaves out of the least what was stored in, or before, a batch that left no readable bytes", () => {
    write([store(["a", "b"])]);
    write([store(["c"])], { wire: "burnt" });
    expect(both()).toEqual([0, 3]);
    write([remove(["a"]), remove(["b"]), store(["a", "b"])]);
    expect(both()).toEqual([2, 3]);
  });

  it("believes the relay that a batch never arrived, which the ledger has as sent", () => {
    write([store(["a", "b"])]);
    write([store(["c"])], { seq: 1 });
    const lost = new LostBatches();
    lost.add({ k: "wire", at: 2, engine: "m/1", epoch: 2, rank: 0, seq: 1, what: "burnt" });
    expect(range(1, 1, lost)).toEqual({ least: 3, most: 3 });
    lost.add({ k: "wire", at: 2, engine: "m/1", epoch: 1, rank: 0, seq: 1, what: "burnt" });
    expect(range(1, 1, lost)).toEqual({ least: 0, most: 3 });
  });

  it("leaves in the most what was removed in such a batch, or without a word, or had been stated twice", () => {
    write([store(["a", "b", "c", "d"])]);
    write([{ ...remove(["d"]), wire: "unsaid" } as LedgerChange]);
    expect(both()).toEqual([3, 4]);
    write([remove(["c"])], { wire: "garbled" });
    expect(range().most).toBe(4);
    write([{ op: "clear" }, { ...store(["a"]), wire: "doubled" } as LedgerChange, remove(["a"])]);
    expect(both()).toEqual([0, 1]);
  });

  it("demands no block whose place was never told, until it is stored again", () => {
    write([store(["a"]), { ...store(["b"]), wire: "misplaced" } as LedgerChange, store(["c"])]);
    expect(both()).toEqual([1, 3]);
    write([remove(["b"]), store(["b"])]);
    expect(both()).toEqual([3, 3]);
  });
});

describe("the last sequence number of an engine", () => {
  it("is that of its latest life, and -1 before it published", () => {
    expect(lastSequence([ledger(1)], "m/1")).toBe(-1);
    write([store(["a"])], { seq: 7 });
    write([store(["a"])], { epoch: 2, seq: 3 });
    expect(lastSequence([ledger(1), ledger(2)], "m/1")).toBe(3);
    expect(lastSequence([ledger(1), ledger(2)], "m/2")).toBe(-1);
  });
});
