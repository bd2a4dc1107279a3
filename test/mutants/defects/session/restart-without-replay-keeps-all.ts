import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "restart-without-replay-keeps-all",
  title: "without a replay endpoint a lost connection costs nothing: a restart keeps the old blocks",
  seenIn: "llm-d-router#2853, #2854",
  covers: ["A1", "W6", "A-EPOCH"],
  foundBy: ["M3", "S1", "C1"],
  anomalies: ["no-replay+engine.crash"],
  patches: [
    {
      file: "src/gateway/session/life.ts",
      find: `  forgetLife(s, "reconnected without a replay endpoint");
  s.next = ANY;`,
      replace: "  s.next = ANY;",
    },
  ],
};
