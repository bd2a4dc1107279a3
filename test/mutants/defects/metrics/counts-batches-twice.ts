import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "counts-batches-twice",
  title: "every applied batch counts twice",
  seenIn: "smg#946 (inflated counters)",
  covers: ["D22", "C35"],
  foundBy: ["O1"],
  patches: [
    {
      file: "src/gateway/session/session.ts",
      find: `counters.applied++;
    counters.appliedEvents`,
      replace: `counters.applied += 2;
    counters.appliedEvents`,
    },
  ],
};
