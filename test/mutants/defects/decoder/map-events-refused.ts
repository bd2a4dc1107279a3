import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "map-events-refused",
  title: "events written as maps (vLLM from 0.24) are malformed to it",
  seenIn: "kthena#1535, llm-d-kv-cache#661, sglang#40684",
  covers: ["W9", "D54", "A-SHAPE"],
  foundBy: ["S2", "C1"],
  patches: [
    {
      file: "src/protocol/kv-event-reader.ts",
      find: "if (cursor.atMap()) return this.readMapEvent();",
      replace: "",
    },
  ],
};
