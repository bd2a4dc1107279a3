import { describe, expect, it } from "vitest";
import type { PromptRecord } from "../history/records.js";
import { identity } from "../testing/a-history.js";
import { IdentityTable } from "./identity-table.js";
import { Prompts } from "./prompts.js";

function prompt(id: string, own: number, base?: readonly [prompt: string, sharedBlocks: number]): PromptRecord {
  const chain = Array.from({ length: own }, (_, i) => identity(`${id}/${i}`));
  const shares = base === undefined ? {} : { base: { prompt: base[0], sharedBlocks: base[1] } };
  return { k: "prompt", at: 1, id, model: "m", adapter: "x@1", salt: null, tokens: own * 16, ...shares, chain };
}

/** A chain in words: "p/0 p/1 q/0". */
function namesIn(prompts: Prompts, table: IdentityTable, id: string, names: readonly string[]): string[] {
  const byHex = new Map(names.map((name) => [identity(name), name]));
  const found = prompts.get(id);
  const one = Array.from(
    { length: found.blocks },
    (_, i) => byHex.get(table.hexOf(prompts.identityAt(found, i))) ?? "?",
  );
  const all = [...prompts.chain(found).subarray(0, found.blocks)].map((n) => byHex.get(table.hexOf(n)) ?? "?");
  expect(all).toEqual(one);
  return one;
}

describe("Prompts", () => {
  it("give back the chain of every prompt, with what it shares with earlier ones and they with earlier ones still", () => {
    const table = new IdentityTable();
    const prompts = new Prompts(table);
    prompts.add(prompt("p", 3));
    prompts.add(prompt("q", 2, ["p", 2]));
    prompts.add(prompt("r", 1, ["q", 3]));
    prompts.add(prompt("s", 1, ["q", 1]));
    prompts.add(prompt("t", 0, ["q", 4]));
    const names = ["p/0", "p/1", "p/2", "q/0", "q/1", "r/0", "s/0"];
    const chains = ["p", "q", "r", "s", "t", "p"].map((id) => namesIn(prompts, table, id, names).join(" "));
    expect(chains).toEqual([
      "p/0 p/1 p/2",
      "p/0 p/1 q/0 q/1",
      "p/0 p/1 q/0 r/0",
      "p/0 s/0",
      "p/0 p/1 q/0 q/1",
      "p/0 p/1 p/2",
    ]);
    expect(prompts.size).toBe(5);
    expect(table.size).toBe(7);
  });

  it("keep what was recorded of a prompt", () => {
    const prompts = new Prompts(new IdentityTable());
    prompts.add(prompt("p", 3));
    prompts.add(prompt("q", 2, ["p", 2]));
    expect(prompts.get("q")).toMatchObject({ index: 1, id: "q", model: "m", adapter: "x@1", tokens: 32, blocks: 4 });
  });

  it("take chains of any length", () => {
    const table = new IdentityTable();
    const prompts = new Prompts(table);
    for (const [id, own] of Object.entries({ short: 3, long: 3000, next: 5 })) prompts.add(prompt(id, own));
    const ends = ["short", "long", "next", "long"].map((id) => {
      const found = prompts.get(id);
      const chain = prompts.chain(found);
      return [chain[0], chain[found.blocks - 1], prompts.identityAt(found, found.blocks - 1)];
    });
    expect(ends).toEqual([
      [0, 2, 2],
      [3, 3002, 3002],
      [3003, 3007, 3007],
      [3, 3002, 3002],
    ]);
  });

  it("refuse to share with what is not recorded, or is too short, and to give what is not recorded", () => {
    const prompts = new Prompts(new IdentityTable());
    prompts.add(prompt("p", 3));
    expect(() => prompts.add(prompt("q", 1, ["x", 2]))).toThrow(
      "prompt q shares 2 blocks with prompt x, which is not recorded before it",
    );
    expect(() => prompts.add(prompt("q", 1, ["p", 4]))).toThrow(
      "prompt q shares 4 blocks with prompt p, which has only 3",
    );
    expect(() => prompts.get("q")).toThrow("prompt q is used but not recorded");
    prompts.add(prompt("q", 1, ["p", 3]));
    expect(prompts.get("q").blocks).toBe(4);
  });
});
