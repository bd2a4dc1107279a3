import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "duplicates-not-counted",
  title: "batches dropped as duplicates are in no count",
  seenIn: "counters that do not add up",
  covers: ["D22"],
  foundBy: ["O1"],
  patches: [
    {
      file: "src/gateway/session/replay.ts",
      find: `  s.counters.duplicate++;
  return Verdict.drop;`,
      replace: "  return Verdict.drop;",
    },
  ],
};
