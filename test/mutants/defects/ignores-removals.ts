import type { Defect } from "../defect.js";

export const ignoresRemovals: Defect = {
  id: "ignores-removals",
  title: "BlockRemoved events are read and thrown away",
  seenIn: "consumers that only ever add",
  scenario: "routing-follows-events",
  foundBy: ["S1", "C1"],
  patches: [
    {
      file: "src/gateway/index/event-applier.ts",
      find: "for (let i = 0; i < event.blockCount; i++) {\n      this.#removals.add",
      replace: "for (let i = 0; i < 0; i++) {\n      this.#removals.add",
    },
  ],
};
