import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "first-replay-answer-only",
  title: "of a replay only the first answer is read",
  seenIn: "vLLM's REQ example, Mooncake#3616, llm-d-router#1887",
  covers: ["W3", "W8"],
  foundBy: ["S2", "C1", "M2"],
  patches: [
    {
      file: "src/gateway/session/replay.ts",
      find: `  round.replies++;
  if (seq > round.highest)`,
      replace: `  if (round.replies++ > 0) return drop(s);
  if (seq > round.highest)`,
    },
  ],
};
