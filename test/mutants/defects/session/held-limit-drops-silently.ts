import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "held-limit-drops-silently",
  title: "beyond a few held batches the newest are dropped as if they were duplicates",
  seenIn: "dynamo#14167 (lossy internal hop)",
  covers: ["A-HWM"],
  foundBy: ["S2", "S1", "C1", "M2"],
  patches: [
    {
      file: "src/gateway/session/options.ts",
      find: "heldBatchesMax: 20_000,",
      replace: "heldBatchesMax: 1,",
    },
    {
      file: "src/gateway/session/live.ts",
      find: "  s.highestSeen = Math.max(s.highestSeen, seq);\n  const outcome = s.held.add(seq, payload);",
      replace: "  const outcome = s.held.add(seq, payload);",
    },
    {
      file: "src/gateway/session/live.ts",
      find: 'if (outcome === "duplicate") return duplicate(s);',
      replace: 'if (outcome !== "held") return duplicate(s);',
    },
  ],
};
