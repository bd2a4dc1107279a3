import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "idle-model-forgotten",
  title: "a model that nobody asks about is forgotten, although its engines live",
  seenIn: "AIBrix (eviction by last query)",
  covers: ["D11", "A-FORGET"],
  foundBy: ["S2", "C1", "M6"],
  patches: [
    {
      file: "src/gateway/index/prefix-index.ts",
      find: `    if (holder.removed) {
      this.#store.counters.lateBatches++;`,
      replace: `    const unasked = ((holder.model as { unasked?: number }).unasked ?? 0) + 1;
    Object.assign(holder.model, { unasked });
    if (unasked % 8 === 0) this.#purge(holder);
    if (holder.removed) {
      this.#store.counters.lateBatches++;`,
    },
    {
      file: "src/gateway/index/prefix-index.ts",
      find: "if (model !== undefined) this.#matcher.match(model, query, out);",
      replace: "if (model !== undefined) this.#matcher.match(Object.assign(model, { unasked: 0 }), query, out);",
    },
  ],
};
