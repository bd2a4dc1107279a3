import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "loses-one-store-in-ten",
  title: "one store event in ten is dropped",
  seenIn: "lossy internal queues (dynamo#14167)",
  covers: ["A-LOST"],
  foundBy: ["S2"],
  patches: [
    {
      file: "src/gateway/index/event-applier.ts",
      find: "if (blockCount === 0) return;",
      replace: "if (blockCount === 0 || this.#store.counters.storedBlocks % 10 === 0) return;",
    },
  ],
};
