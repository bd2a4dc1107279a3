import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "held-batches-applied-again",
  title: "batches that waited for a replay are applied although the replay brought them",
  seenIn: "llm-d-router#1887 (overlap inflates counts), Mooncake#4159",
  covers: ["A-DUP", "C34"],
  foundBy: ["M1", "S1", "C1"],
  anomalies: ["gateway.restart+slow-links+busy", "link.flap+slow-links+busy+together"],
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
