import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "removals-applied-late",
  title: "a removal is applied only when the next one comes",
  seenIn: "batching consumers without a timer",
  covers: ["A-GHOST"],
  foundBy: ["S1"],
  patches: [
    {
      file: "src/gateway/index/removal-queue.ts",
      find: "if (count === 0 || lane === undefined) return;",
      replace: "if (count < 2 || lane === undefined) return;",
    },
  ],
};
