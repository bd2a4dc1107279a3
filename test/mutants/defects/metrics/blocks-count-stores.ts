import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "blocks-count-stores",
  title: "the count of an engine's blocks grows with every store event and never falls",
  seenIn: "dynamo#10774 (a block gauge that looks healthy)",
  covers: ["A9"],
  foundBy: ["B1"],
  patches: [
    {
      file: "src/gateway/index/prefix-index.ts",
      find: "for (const lane of holder.lanes) blocks += lane.held.count - lane.unplaced;",
      replace:
        "for (const lane of holder.lanes) blocks += lane.held.count - lane.unplaced + this.#store.counters.storedBlocks;",
    },
  ],
};
