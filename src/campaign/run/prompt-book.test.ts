import { describe, expect, it } from "vitest";
import { identityChain } from "../../base/block-identity.js";
import { ManualClock } from "../../base/clock.js";
import { Rng } from "../../base/rng.js";
import type { HistoryRecord, PromptRecord } from "../../judge/history/records.js";
import { PromptBook, queryOf, randomTokens } from "./prompt-book.js";
import type { Recorder } from "./recorder.js";

const base = { model: "m", adapter: null, salt: null };

function aBook(): { book: PromptBook; records: PromptRecord[] } {
  const records: HistoryRecord[] = [];
  const recorder = { record: (record: HistoryRecord) => records.push(record) } as unknown as Recorder;
  return { book: new PromptBook(recorder, new ManualClock(), new Map([["m", 4]])), records: records as PromptRecord[] };
}

describe("prompts", () => {
  it("are recorded once, with the identities that the engines' ledgers use", () => {
    const { book, records } = aBook();
    const lineage = { model: "m", adapter: { name: "sql", path: "/v1" }, salt: "s" };
    const prompt = book.add(lineage, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const chain = identityChain({ model: "m", adapter: "sql@/v1", salt: "s" }, prompt.tokens, 4);
    expect(prompt.chain).toEqual(chain);
    expect(records).toEqual([
      { k: "prompt", at: 0, id: prompt.id, model: "m", adapter: "sql@/v1", salt: "s", tokens: 9, chain },
    ]);
    expect(queryOf(prompt)).toEqual({ model: "m", lora: "sql", salt: "s", tokens: prompt.tokens });
  });

  it("refer to the blocks they share with an earlier one, and only to whole ones", () => {
    const { book, records } = aBook();
    const first = book.add(base, [1, 2, 3, 4, 5, 6, 7, 8]);
    const second = book.add(base, [1, 2, 3, 4, 5, 6, 9, 9, 9, 9, 9, 9], first);
    expect(records[1]).toMatchObject({ base: { prompt: first.id, sharedBlocks: 1 }, chain: second.chain.slice(1) });
    expect(second.chain).toEqual(identityChain(base, second.tokens, 4));
  });

  it("are the same for the same seed", () => {
    expect(randomTokens(new Rng(3), 20)).toEqual(randomTokens(new Rng(3), 20));
    expect(randomTokens(new Rng(3), 20)).not.toEqual(randomTokens(new Rng(4), 20));
  });
});
