import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "models-fall-together",
  title: "one index for all models: equal tokens of another model match",
  seenIn: "indexes keyed by tokens alone",
  covers: ["A-LEAK-MODEL"],
  foundBy: ["I1", "S0"],
  patches: [
    {
      file: "src/gateway/index/contexts.ts",
      find: "let model = this.models.get(name);",
      replace: `name = "any";
    let model = this.models.get(name);`,
    },
    {
      file: "src/gateway/index/prefix-index.ts",
      find: "this.#store.contexts.models.get(query.model)",
      replace: 'this.#store.contexts.models.get("any")',
    },
  ],
};
