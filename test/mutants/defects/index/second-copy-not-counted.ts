import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "second-copy-not-counted",
  title: "a second physical copy of a block is not counted: the first removal forgets it",
  seenIn: "vllm#55092, llm-d-kv-cache#680",
  covers: ["C33", "W5"],
  foundBy: ["S2", "C1"],
  patches: [
    {
      file: "src/gateway/index/block-store.ts",
      find: "Math.min(copies + 1, MAX_COPIES);",
      replace: "1;",
    },
  ],
};
