import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "gap-not-noticed",
  title: "sequence numbers are read and never compared",
  seenIn: "llm-d-router#1737",
  covers: ["B12", "W7", "A-LOST", "A-GHOST"],
  foundBy: ["S2", "S1", "C1", "M2"],
  anomalies: ["stream.drop", "stream.overrun"],
  patches: [
    {
      file: "src/gateway/session/flow.ts",
      find: `  s.counters.gaps++;
  s.counters.missing += missing;
`,
      replace: `  s.next = seq;
  if (missing > 0) return;
`,
    },
  ],
};
