import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "shortest-match-wins",
  title: "of two engines the one with the shorter match is chosen",
  seenIn: "production-stack#1055 (wrong key picked)",
  covers: ["E58"],
  foundBy: ["R1"],
  patches: [
    {
      file: "src/gateway/policy/choose.ts",
      find: "return b.score - a.score ||",
      replace: "return a.score - b.score ||",
    },
  ],
};
