import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "undecodable-asked-for-without-end",
  title: "an undecodable batch is asked for again and again, and later ones wait",
  seenIn: "aibrix#1720 (reconnect loop)",
  covers: ["B27", "A-POISON"],
  foundBy: ["S2", "S1", "C1"],
  anomalies: ["engine.garbled-batch"],
  patches: [
    {
      file: "src/gateway/session/flow.ts",
      find: "const giveUp = !canReplay(s) || s.strikes.count >= s.options.holeStrikesMax;",
      replace: "const giveUp = !canReplay(s);",
    },
  ],
};
