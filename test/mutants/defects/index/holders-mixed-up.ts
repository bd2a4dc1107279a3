import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "holders-mixed-up",
  title: "beyond four lanes one engine's match is told of another",
  seenIn: "fixed-size tables of pods",
  covers: ["E58", "A-LEAK-POD"],
  foundBy: ["S0", "S1", "I1", "I2"],
  patches: [
    {
      file: "src/gateway/index/matcher.ts",
      find: "const lane = word * 32 + 31 - Math.clz32(rest & -rest);",
      replace: "const lane = (word * 32 + 31 - Math.clz32(rest & -rest)) % 4;",
    },
  ],
};
