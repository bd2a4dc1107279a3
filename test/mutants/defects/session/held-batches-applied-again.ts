import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "held-batches-applied-again",
  title: "batches that waited for a replay are applied although the replay brought them",
  seenIn: "llm-d-router#1887 (overlap inflates counts), Mooncake#4159",
  covers: ["A-DUP", "C34"],
  foundBy: ["M1", "S1", "C1", "cached-tokens-agree"],
  anomalies: ["stream.drop+replay.slow+together+busy", "stream.drop+together", "stream.drop+busy"],
  patches: [
    {
      file: "src/gateway/session/flow.ts",
      find: `        s.held.shift();
        s.counters.duplicate++;`,
      replace: `        const again = s.held.shift();
        offer(s, seq, again, false);
        return again;`,
    },
  ],
};
