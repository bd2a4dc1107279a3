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
      replace:
        '    this.#store.sweep(SWEEP_SLOTS_PER_BATCH);\n    if ("clearNext" in holder) {\n      for (const lane of holder.lanes.slice()) this.#store.clearLane(lane);\n      Reflect.deleteProperty(holder, "clearNext");\n    }',
    },
  ],
};
