import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "removals-ignored",
  title: "BlockRemoved events are read and thrown away",
  seenIn: "consumers that only ever add",
  covers: ["A-GHOST", "A10"],
  foundBy: ["L2", "S1", "C1"],
  patches: [
    {
      file: "src/gateway/index/event-applier.ts",
      find: `for (let i = 0; i < event.blockCount; i++) {
      this.#removals.add`,
      replace: `for (let i = 0; i < 0; i++) {
      this.#removals.add`,
    },
  ],
};
