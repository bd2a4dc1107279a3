import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "gap-only-counted",
  title: "a gap is counted and nothing is done about it",
  seenIn: "AIBrix",
  covers: ["D4", "A-LOST", "A-GHOST", "A-CLEAR"],
  foundBy: ["M2", "S2", "S1", "C1"],
  anomalies: ["stream.drop", "stream.overrun"],
  patches: [
    {
      file: "src/gateway/session/flow.ts",
      find: `  s.counters.missing += missing;
`,
      replace: `  s.counters.missing += missing;
  s.next = seq;
  if (missing > 0) return;
`,
    },
  ],
};
