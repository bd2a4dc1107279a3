import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "array-events-refused",
  title: "events written as arrays (vLLM before 0.24) are malformed to it",
  seenIn: "consumers of map events after vllm#42892",
  covers: ["W9", "A-SHAPE"],
  foundBy: ["S2", "C1"],
  patches: [
    {
      file: "src/protocol/kv-event-reader.ts",
      find: "if (cursor.atArray()) return this.readArrayEvent();",
      replace: "",
    },
  ],
};
