import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "gpu-removal-takes-cpu-copy",
  title: "a removal from the GPU also forgets the copy on the CPU",
  seenIn: "indexes without tiers",
  covers: ["A-LEAK-TIER"],
  foundBy: ["I3", "S2"],
  patches: [
    {
      file: "src/gateway/index/removal.ts",
      find: "else if (held.extraColumns === 0) store.drop(lane, slot);",
      replace: "else if (held.count > 0) store.drop(lane, slot);",
    },
  ],
};
