import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "one-bad-event-costs-the-batch",
  title: "one malformed event costs all events of its batch",
  seenIn: "AIBrix (the poison event drops the whole batch)",
  covers: ["D13", "A-POISON"],
  foundBy: ["S2", "S1", "C1"],
  anomalies: ["engine.garbled-event"],
  patches: [
    {
      file: "src/protocol/kv-event-reader.ts",
      find: "if (i >= this.from) sink.malformed?.(error);",
      replace: "throw error;",
    },
  ],
};
