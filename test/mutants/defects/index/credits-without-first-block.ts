import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "credits-without-first-block",
  title: "an engine gets credit for later blocks although it lacks block 0, because another engine has it",
  seenIn: "AIBrix sync indexer",
  covers: ["D8"],
  foundBy: ["S3", "S1"],
  patches: [
    {
      file: "src/gateway/index/matcher.ts",
      find: "const after = before & (bits[set * width + word] as number);",
      replace: "const after = bits[set * width + word] as number;",
    },
  ],
};
