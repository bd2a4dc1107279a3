/** The oracle is what systems are judged by: each rule of holding, by hand. */
import { describe, expect, it } from "vitest";
import type { KvEvent } from "../../protocol/kv-event.js";
import { BLOCK_SIZE, cleared, removed, stored } from "../testing/a-trace.js";
import { NaiveStream } from "./naive-stream.js";

function held(
  events: readonly KvEvent[],
  blocks: readonly number[],
  context: { lora?: string; salt?: string } = {},
  duplicates: "copies" | "set" = "copies",
): number {
  const stream = new NaiveStream(duplicates);
  for (const event of events) stream.apply(event);
  const tokens = blocks.flatMap((block) => Array.from({ length: BLOCK_SIZE }, () => block));
  return stream.match({ lora: context.lora ?? null, salt: context.salt ?? null, tokens }, BLOCK_SIZE);
}
const lora = { loraName: "x", loraId: 1, extraKeys: [["x"]] };

describe("the naive reader", () => {
  it.each<[string, number, number]>([
    ["leading blocks", held([stored(null, [1, 2, 3])], [1, 2, 3, 4]), 3],
    ["nothing past a gap", held([stored(null, [1, 2, 3]), removed([2])], [1, 2, 3]), 1],
    [
      "the rest again once the gap is closed",
      held([stored(null, [1, 2, 3]), removed([2]), stored(1, [2])], [1, 2, 3]),
      3,
    ],
    ["no block below an unknown parent", held([stored(9, [1])], [1]), 0],
    ["no beginning that is another block's rest", held([stored(null, [1, 2])], [2]), 0],
    ["a block as long as one copy is left", held([stored(null, [1]), stored(null, [1]), removed([1])], [1]), 1],
    ["no block without copies", held([stored(null, [1]), stored(null, [1]), removed([1]), removed([1])], [1]), 0],
    [
      "one copy however often SGLang says so",
      held([stored(null, [1]), stored(null, [1]), removed([1])], [1], {}, "set"),
      0,
    ],
    [
      "a block that another tier has",
      held([stored(null, [1]), stored(null, [1], { medium: "CPU" }), removed([1])], [1]),
      1,
    ],
    ["nothing after a clear", held([stored(null, [1]), cleared], [1]), 0],
    ["adapters apart", held([stored(null, [1], lora)], [1]), 0],
    ["an adapter's own", held([stored(null, [1], lora)], [1], { lora: "x" }), 1],
    [
      "nothing of an adapter that was loaded anew",
      held([stored(null, [1], lora), stored(null, [2], { ...lora, loraId: 2 })], [1], { lora: "x" }),
      0,
    ],
    ["salts apart", held([stored(null, [1], { extraKeys: [["s"]] })], [1]), 0],
    [
      "a salt's own, and what is below it",
      held([stored(null, [1], { extraKeys: [["s"]] }), stored(1, [2])], [1, 2], { salt: "s" }),
      2,
    ],
    ["no image for the text beside it", held([stored(null, [1], { extraKeys: [[["img", 0]]] })], [1]), 0],
    ["what all groups hold", held([stored(null, [1, 2]), stored(null, [1], { groupIdx: 1 })], [1, 2]), 1],
  ])("counts %s", (_, blocks, expected) => {
    expect(blocks).toBe(expected);
  });
});
