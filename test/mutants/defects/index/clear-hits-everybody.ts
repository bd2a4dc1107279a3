import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "clear-hits-everybody",
  title: "what one engine clears is cleared for all",
  seenIn: "aibrix#2723",
  covers: ["A-LEAK-POD"],
  foundBy: ["I2", "S2", "C1"],
  patches: [
    {
      file: "src/gateway/index/event-applier.ts",
      find: "for (const lane of this.holder.lanes.slice()) this.#store.clearLane(lane);",
      replace: "for (const lane of this.#store.lanes.slice()) if (lane) this.#store.clearLane(lane);",
    },
  ],
};
