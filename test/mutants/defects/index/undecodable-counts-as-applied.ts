import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "undecodable-counts-as-applied",
  title: "an undecodable batch is counted as applied",
  seenIn: "consumers that log decode errors and go on",
  covers: ["D25", "A-POISON"],
  foundBy: ["M2", "S1", "O1"],
  anomalies: ["engine.garbled-batch"],
  patches: [
    {
      file: "src/gateway/index/prefix-index.ts",
      find: "rejected = true;",
      replace: "rejected = false;",
    },
  ],
};
