import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "unknown-event-is-an-error",
  title: "an event of a type it does not know makes the batch undecodable",
  seenIn: "AIBrix, typed msgspec consumers",
  covers: ["D14", "A-POISON"],
  foundBy: ["S2", "S1", "C1"],
  anomalies: ["engine.unknown-event"],
  patches: [
    {
      file: "src/protocol/kv-event-reader.ts",
      find: "else sink.unknown?.(this.unknownType);",
      replace: "else throw batchInvalid(`unknown type ${this.unknownType}`);",
    },
  ],
};
