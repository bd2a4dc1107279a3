import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "stored-blocks-not-found",
  title: "a removal leaves a hole in the table beyond which nothing is found",
  seenIn: "vllm#53498 (stored blocks never discoverable)",
  covers: ["C40"],
  foundBy: ["S2", "C1", "S1"],
  patches: [
    {
      file: "src/gateway/index/residency.ts",
      find: "if (distance(home, next, capacity) < distance(hole, next, capacity)) continue;",
      replace: "if (home >= 0) continue;",
    },
  ],
};
