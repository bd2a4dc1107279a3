import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "parked-blocks-leak",
  title: "blocks that wait for a parent are not given back when their engine leaves",
  seenIn: "AIBrix (context eviction leak)",
  covers: ["D9", "A9"],
  foundBy: ["B1"],
  anomalies: ["engine.burn-seq"],
  patches: [
    {
      file: "src/gateway/index/block-store.ts",
      find: `    this.parking.removeLane(lane);
`,
      replace: "",
    },
    {
      file: "src/gateway/index/block-store.ts",
      find: `    this.#countUnplaced(lane, -lane.unplaced);
`,
      replace: `    lane.unplaced = 0;
`,
    },
  ],
};
