import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "ranks-share-one-holder",
  title: "all data-parallel ranks of an engine are one cache to it",
  seenIn: "sglang#29211, ray#64097",
  covers: ["E55", "W18"],
  foundBy: ["S1", "S2", "S3", "I2", "C1"],
  patches: [
    {
      file: "src/gateway/index/prefix-index.ts",
      find: "    invariant(holder !== undefined, `no holder ${id} in the index`);\n    return { apply: (payload) => this.#apply(holder, payload), purge: () => this.#purge(holder) };",
      replace:
        "    invariant(holder !== undefined, `no holder ${id} in the index`);\n    const shared = [...(this.#engines.get(holder.spec.engine) ?? [holder])][0] ?? holder;\n    return { apply: (payload) => this.#apply(shared, payload), purge: () => this.#purge(shared) };",
    },
  ],
};
