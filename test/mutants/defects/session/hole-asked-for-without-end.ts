import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "hole-asked-for-without-end",
  title: "a number that was never sent is asked for again and again, and later batches wait",
  seenIn: "dynamo#7072, llm-d-router (truncated history)",
  covers: ["B18", "B22", "A-GAP-BURNT"],
  foundBy: ["S2", "S1", "C1"],
  anomalies: ["engine.burn-seq"],
  patches: [
    {
      file: "src/gateway/session/flow.ts",
      find: `return s.strikes.count >= s.options.holeStrikesMax;
}`,
      replace: `return s.strikes.count > 1e9;
}`,
    },
    {
      file: "src/gateway/session/flow.ts",
      find: "if (isOutOfPatience(s)) {",
      replace: "if (s.attempts > 1e9) {",
    },
  ],
};
