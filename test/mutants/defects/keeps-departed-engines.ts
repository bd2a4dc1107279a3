import type { Defect } from "../defect.js";

export const keepsDepartedEngines: Defect = {
  id: "keeps-departed-engines",
  title: "an engine that left keeps its entries",
  seenIn: "llm-d-router#1736, AIBrix (pod removal)",
  scenario: "pod-delete",
  foundBy: ["M3", "S1", "B1", "C1"],
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
