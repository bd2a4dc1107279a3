import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "ranks-above-zero-ignored",
  title: "events of data-parallel ranks above 0 are not applied",
  seenIn: "AIBrix, llm-d-kv-cache#357",
  covers: ["D20", "E56"],
  foundBy: ["S2", "C1"],
  patches: [
    {
      file: "src/gateway/index/prefix-index.ts",
      find: "apply: (payload) => this.#apply(holder, payload)",
      replace: "apply: (payload) => (holder.spec.rank > 0 ? { ...NOTHING } : this.#apply(holder, payload))",
    },
  ],
};
