import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "removals-subtracted-twice",
  title: "the count of blocks subtracts removals that the tables already lost: it falls below zero",
  seenIn: "AIBrix (negative totalPrefixes)",
  covers: ["D12"],
  foundBy: ["B1"],
  patches: [
    {
      file: "src/gateway/index/prefix-index.ts",
      find: "blocks: entries - unplaced - retired.entries,",
      replace: "blocks: entries - unplaced - retired.entries - counters.removedBlocks,",
    },
  ],
};
