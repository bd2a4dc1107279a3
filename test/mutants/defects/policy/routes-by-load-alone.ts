import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "routes-by-load-alone",
  title: "the index is asked and its answer ignored",
  seenIn: "AIBrix#2096 (two indexers)",
  covers: ["E58"],
  foundBy: ["R1"],
  patches: [
    {
      file: "src/gateway/policy/candidate.ts",
      find: "return blocks * Math.min(1, Math.max(0, credit));",
      replace: "return 0 * blocks * credit;",
    },
  ],
};
