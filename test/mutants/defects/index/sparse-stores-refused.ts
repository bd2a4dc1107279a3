import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "sparse-stores-refused",
  title: "a store with fewer tokens than its hashes need is malformed to it",
  seenIn: "vllm#44451, smg#742",
  covers: ["W13", "W14"],
  foundBy: ["S2", "I3", "C1"],
  patches: [
    {
      file: "src/gateway/index/store-blocks.ts",
      find: "      this.#store.counters.sparseEvents++;\n      this.#byHash();",
      replace: "      this.#store.counters.sparseEvents++;",
    },
  ],
};
