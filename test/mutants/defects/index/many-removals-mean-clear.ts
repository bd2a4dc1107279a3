import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "many-removals-mean-clear",
  title: "a long row of removals is taken for a clear",
  seenIn: "tokenspeed#166 (phantom clears)",
  covers: ["C32"],
  foundBy: ["S2", "C1", "M6"],
  patches: [
    {
      file: "src/gateway/index/removal-queue.ts",
      find: "if (count > 1) this.#touch(lane, count);",
      replace: `if (count > 3) {
      this.#store.clearLane(lane);
      return;
    }`,
    },
  ],
};
