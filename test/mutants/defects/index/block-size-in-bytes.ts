import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "block-size-in-bytes",
  title: "tokens per block are taken for bytes: a match is a quarter of what it is",
  seenIn: "AIBrix (default configuration matches nothing), sglang#35298",
  covers: ["D2", "C45", "C47"],
  foundBy: ["S2", "C1", "R1"],
  patches: [
    {
      file: "src/gateway/index/matcher.ts",
      find: "const blocks = Math.floor(tokens / holder.spec.blockSize);",
      replace: "const blocks = Math.floor(tokens / (holder.spec.blockSize * 4));",
    },
  ],
};
