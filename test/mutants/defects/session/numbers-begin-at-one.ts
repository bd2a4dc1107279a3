import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "numbers-begin-at-one",
  title: "batch 0 is taken for a duplicate",
  seenIn: "llm-d-inference-sim#588",
  covers: ["B16"],
  foundBy: ["S2", "C1", "O1", "M2"],
  patches: [
    {
      file: "src/gateway/session/life.ts",
      find: `s.unproven = false;
  s.next = 0;`,
      replace: `s.unproven = false;
  s.next = 1;`,
    },
  ],
};
