import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "same-number-means-same-life",
  title: "a publisher that has the last number is believed to be the same one",
  seenIn: "llm-d-router (equal number dropped), kthena#1428",
  covers: ["A3", "A6", "A-EPOCH-EQ"],
  foundBy: ["M3", "S1", "C1"],
  anomalies: ["engine.crash"],
  patches: [
    {
      file: "src/gateway/session/replay.ts",
      find: "if (!sameBytes(proof, payload)) return otherLife(s, seq);",
      replace: "if (proof === payload) return otherLife(s, seq);",
    },
    {
      file: "src/gateway/session/replay.ts",
      find: "return s.recent.differs(seq, payload) ? otherLife(s, seq) : duplicate(s);",
      replace: "return duplicate(s);",
    },
  ],
};
