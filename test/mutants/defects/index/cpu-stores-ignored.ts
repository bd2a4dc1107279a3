import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "cpu-stores-ignored",
  title: "stores outside the GPU are ignored",
  seenIn: "llm-d-router#878, LMCache#3532",
  covers: ["W14", "A-LEAK-TIER"],
  foundBy: ["S2", "I3", "C1"],
  patches: [
    {
      file: "src/gateway/index/event-applier.ts",
      find: `    this.#removals.flush();
    const { blockCount } = event;`,
      replace: `    this.#removals.flush();
    if (event.medium === "CPU") return;
    const { blockCount } = event;`,
    },
  ],
};
