import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "clear-ignored",
  title: "AllBlocksCleared does nothing",
  seenIn: "llm-d-kv-cache#593, llm-d-kv-cache#563, aibrix#2287",
  covers: ["C29", "W10", "A-CLEAR"],
  foundBy: ["S1", "C1"],
  patches: [
    {
      file: "src/gateway/index/event-applier.ts",
      find: "for (const lane of this.holder.lanes.slice()) this.#store.clearLane(lane);",
      replace: "",
    },
  ],
};
