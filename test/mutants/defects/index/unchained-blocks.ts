import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "unchained-blocks",
  title: "every block of a multi-block event is stored under the event's parent instead of under the block before it",
  seenIn: "AIBrix sync indexer (25 % match instead of 100 %, and a phantom head), dynamo#671",
  covers: ["D1", "C42"],
  foundBy: ["S2", "C1"],
  patches: [
    {
      file: "src/gateway/index/store-blocks.ts",
      find: `const chunk = hasher.chunkBlocks(context.blockSize);
    const { keys } = hasher;
    for (let start = from; start < this.#count; start += chunk) {`,
      replace: `const chunk = 1;
    const { keys } = hasher;
    const [rootLow, rootHigh] = [low, high];
    for (let start = from; start < this.#count; start += chunk) {
      [low, high] = [rootLow, rootHigh];`,
    },
  ],
};
