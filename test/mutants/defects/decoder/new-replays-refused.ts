import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "new-replays-refused",
  title: "replies of 4 frames (vLLM from 0.26) are refused",
  seenIn: "vllm#45174, vllm#45177",
  covers: ["B14", "W2"],
  foundBy: ["S2", "C1", "M2"],
  scenario: "test/e2e/pod-create-publishing",
  patches: [
    {
      file: "src/protocol/frames.ts",
      find: "(count !== 3 && count !== 4)",
      replace: "count !== 3",
    },
  ],
};
