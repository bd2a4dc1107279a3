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
      file: "src/gateway/session/options.ts",
      find: "holeStrikesMax: 3,",
      replace: "holeStrikesMax: 1e9,",
    },
    {
      file: "src/gateway/session/replay.ts",
      find: "if (s.undecodable.has(seq, payload)) {",
      replace: "if (seq < 0) {",
    },
  ],
};
