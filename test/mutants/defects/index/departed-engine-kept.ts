import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "departed-engine-kept",
  title: "an engine that left keeps its entries, also under its successor",
  seenIn: "llm-d-router#1736, AIBrix (pod removal)",
  covers: ["D9", "A2"],
  foundBy: ["M3", "B1"],
  patches: [
    {
      file: "src/gateway/index/prefix-index.ts",
      find: `    const holder = this.#holders.get(id);
    if (holder === undefined) return;
`,
      replace: `    const holder = this.#holders.get(id);
    if (holder !== undefined) Object.assign(holder, { spec: { ...holder.spec, rank: holder.spec.rank + 1000 * id } });
    return;
`,
    },
  ],
};
