import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "adapter-known-by-id",
  title: "adapters are filed under the events' id, and asked for by name",
  seenIn: "aibrix#2285 (label and -1)",
  covers: ["D19"],
  foundBy: ["S2", "C1"],
  patches: [
    {
      file: "src/gateway/index/contexts.ts",
      find: "if (loraName !== null) return loraName;",
      replace: "if (loraName !== null && loraId === null) return loraName;",
    },
  ],
};
