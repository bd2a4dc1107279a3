import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "purge-does-nothing",
  title: "a purge is counted and forgets nothing",
  seenIn: "llm-d-router#1736",
  covers: ["A2", "A1"],
  foundBy: ["M3", "S1", "C1"],
  anomalies: ["engine.crash"],
  patches: [
    {
      file: "src/gateway/index/prefix-index.ts",
      find: `if (lane.group < known) this.#store.clearLane(lane);
      else this.#store.closeLane(lane);`,
      replace: "if (lane.group < 0) this.#store.clearLane(lane);",
    },
  ],
};
