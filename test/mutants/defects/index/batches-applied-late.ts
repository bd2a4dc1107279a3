import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "batches-applied-late",
  title: "a batch is applied only when the next one comes: the last one of a stream never",
  seenIn: "batching consumers without a timer",
  covers: ["A-LOST"],
  foundBy: ["C1", "L1"],
  patches: [
    {
      file: "src/gateway/index/prefix-index.ts",
      find: "apply: (payload) => this.#apply(holder, payload)",
      replace: `apply: (payload) => {
    const { last } = holder as { last?: Uint8Array };
    Object.assign(holder, { last: payload.slice() });
    return last ? this.#apply(holder, last) : { ...NOTHING };
  }`,
    },
  ],
};
