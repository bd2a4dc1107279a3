import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "short-matches-do-not-count",
  title: "matches below eight blocks attract nothing",
  seenIn: "thresholds in another unit",
  covers: ["D2"],
  foundBy: ["R1"],
  patches: [
    {
      file: "src/gateway/policy/choose.ts",
      find: "return credible >= params.minMatchBlocks ? credible : 0;",
      replace: "return credible >= params.minMatchBlocks * 8 ? credible : 0;",
    },
  ],
};
