import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "old-replays-refused",
  title: "replies of 3 frames (vLLM before 0.26, SGLang) are refused",
  seenIn: "llm-d-router (strict frame count)",
  covers: ["B15", "W2"],
  foundBy: ["S2", "C1", "M2"],
  scenario: "test/mutants/scenarios/old-replay",
  patches: [
    {
      file: "src/protocol/frames.ts",
      find: "(count !== 3 && count !== 4)",
      replace: "count !== 4",
    },
  ],
};
