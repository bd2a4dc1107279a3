import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "unknown-parent-becomes-a-root",
  title: "blocks below a parent it does not know become the start of a prompt",
  seenIn: "AIBrix (phantom root)",
  covers: ["D7", "C41", "A-ORPHAN"],
  foundBy: ["S4", "S0"],
  anomalies: ["engine.burn-seq"],
  patches: [
    {
      file: "src/gateway/index/store-blocks.ts",
      find: "if (parent === NO_NODE) this.#orphans();",
      replace: "if (parent === NO_NODE) this.#fromRoot();",
    },
  ],
};
