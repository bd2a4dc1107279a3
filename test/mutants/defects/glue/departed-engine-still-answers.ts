import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "departed-engine-still-answers",
  title: "an engine that left keeps its entries and is still told of",
  seenIn: "llm-d-router#1736, AIBrix (pod removal)",
  covers: ["A2", "A4"],
  foundBy: ["M3", "S1", "B1", "C1"],
  scenario: "test/e2e/pod-delete",
  patches: [
    {
      file: "src/gateway/fleet/engine.ts",
      find: "for (const { holder } of this.#ranks) this.#deps.index.removeHolder(holder);",
      replace: "",
    },
    {
      file: "src/gateway/policy/router.ts",
      find: "if (this.#isBelieved(match)) blocks[match.engine] = match.blocks;",
      replace: "blocks[match.engine] = match.blocks;",
    },
  ],
};
