import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "bad-event-means-clear",
  title: "a malformed event is taken for AllBlocksCleared",
  seenIn: "dynamo#6569 (review)",
  covers: ["C32", "A-POISON"],
  foundBy: ["S2", "C1"],
  anomalies: ["engine.garbled-event"],
  patches: [
    {
      file: "src/protocol/kv-event-reader.ts",
      find: "sink.malformed?.(error);",
      replace: "sink.cleared();",
    },
  ],
};
