import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "claims-a-block-too-many",
  title: "every match is one block longer than it is",
  seenIn: "off by one in a depth counter",
  covers: ["C40"],
  foundBy: ["S0"],
  patches: [
    {
      file: "src/gateway/index/matcher.ts",
      find: "out.push(holder.id, blocks);",
      replace: "out.push(holder.id, blocks + 1);",
    },
  ],
};
