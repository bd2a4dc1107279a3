import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "clear-waits-for-company",
  title: "a clear is applied only when the next batch comes",
  seenIn: "sglang#24003, aibrix#2287",
  covers: ["C30"],
  foundBy: ["S1", "C1"],
  patches: [
    {
      file: "src/gateway/index/event-applier.ts",
      find: "for (const lane of this.holder.lanes.slice()) this.#store.clearLane(lane);",
      replace: "Object.assign(this.holder, { clearNext: true });",
    },
    {
      file: "src/gateway/index/event-applier.ts",
      find: "    this.#store.sweep(SWEEP_SLOTS_PER_BATCH);",
      replace: `    this.#store.sweep(SWEEP_SLOTS_PER_BATCH);
    if ("clearNext" in holder) {
      for (const lane of holder.lanes.slice()) this.#store.clearLane(lane);
      Reflect.deleteProperty(holder, "clearNext");
    }`,
    },
  ],
};
