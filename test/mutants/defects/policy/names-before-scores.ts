import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "names-before-scores",
  title: "candidates are sorted by name first",
  seenIn: "sort keys in the wrong order",
  covers: ["E58"],
  foundBy: ["R1"],
  patches: [
    {
      file: "src/gateway/policy/choose.ts",
      find: "return b.score - a.score || a.load - b.load || (a.engine < b.engine ? -1 : a.engine > b.engine ? 1 : 0);",
      replace: "return (a.engine < b.engine ? -1 : a.engine > b.engine ? 1 : 0) || b.score - a.score;",
    },
  ],
};
