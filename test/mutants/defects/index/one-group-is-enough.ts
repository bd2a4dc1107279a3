import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "one-group-is-enough",
  title: "a hybrid model's match counts what any of its groups holds",
  seenIn: "llm-d-router#2363, aibrix#2285",
  covers: ["W12"],
  foundBy: ["I3", "S1"],
  patches: [
    {
      file: "src/gateway/index/matcher.ts",
      find: "tokens = Math.min(tokens, this.#tokens[other.bit] ?? 0)",
      replace: "tokens = Math.max(tokens, this.#tokens[other.bit] ?? 0)",
    },
  ],
};
