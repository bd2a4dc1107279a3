import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "adapter-taken-for-a-salt",
  title: "the adapter's name in extra_keys is taken for something else that separates blocks",
  seenIn: "llm-d-router#2927",
  covers: ["W15", "D52"],
  foundBy: ["S2", "C1"],
  patches: [
    {
      file: "src/protocol/extra-keys.ts",
      find: "if (textLength !== this.adapterLength) return false;",
      replace: "if (textLength > 0) return false;",
    },
  ],
};
