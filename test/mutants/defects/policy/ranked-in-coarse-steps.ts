import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "ranked-in-coarse-steps",
  title: "matches are ranked in steps: within one the shorter may win",
  seenIn: "AIBrix (whole percent of more than 100 blocks)",
  covers: ["D24"],
  foundBy: ["R1"],
  patches: [
    {
      file: "src/gateway/policy/candidate.ts",
      find: "return blocks * Math.min(1, Math.max(0, credit));",
      replace: "return Math.floor(blocks / 8) * 8 * Math.min(1, Math.max(0, credit));",
    },
  ],
};
