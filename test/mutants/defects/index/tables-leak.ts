import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "tables-leak",
  title: "answers leave out an engine that left, but its tables are never freed",
  seenIn: "dynamo#10774, smg#2438",
  covers: ["D9", "A9", "A11"],
  foundBy: ["B1"],
  patches: [
    {
      file: "src/gateway/index/prefix-index.ts",
      find: "for (const lane of holder.lanes.slice()) this.#store.closeLane(lane);",
      replace: "",
    },
    {
      file: "src/gateway/index/matcher.ts",
      find: "if (blocks > 0) out.push",
      replace: "if (blocks > 0 && !holder.removed) out.push",
    },
  ],
};
