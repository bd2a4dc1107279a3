import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "orphans-dropped",
  title: "blocks below a parent it does not know are dropped, also when the parent comes later",
  seenIn: "llm-d-kv-cache#347",
  covers: ["C43"],
  foundBy: ["S2", "C1", "O1"],
  anomalies: ["no-replay+gateway.restart+busy"],
  patches: [
    {
      file: "src/gateway/index/store-blocks.ts",
      find: "if (parent === NO_NODE) this.#orphans();",
      replace: "if (parent === NO_NODE) return;",
    },
  ],
};
