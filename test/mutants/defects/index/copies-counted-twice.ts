import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "copies-counted-twice",
  title: "a repeated store counts as two copies: removals never take the last one away",
  seenIn: "dynamo#8012, dynamo#10666, smg#946",
  covers: ["C34", "C35", "C36"],
  foundBy: ["S1", "C1"],
  patches: [
    {
      file: "src/gateway/index/block-store.ts",
      find: "Math.min(copies + 1, MAX_COPIES);",
      replace: "Math.min(copies + 2, MAX_COPIES);",
    },
  ],
};
