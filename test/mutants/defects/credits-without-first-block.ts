import type { Defect } from "../defect.js";

export const creditsWithoutFirstBlock: Defect = {
  id: "credits-without-first-block",
  title: "an engine gets credit for later blocks although it lacks block 0, because another engine has it",
  seenIn: "AIBrix sync indexer",
  scenario: "happy-path",
  foundBy: ["S1", "S3", "C1"],
  patches: [
    {
      file: "src/gateway/index/matcher.ts",
      find: "const after = before & (bits[set * width + word] as number);",
      replace: "const after = bits[set * width + word] as number;",
    },
  ],
};
