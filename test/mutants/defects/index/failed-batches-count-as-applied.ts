import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "failed-batches-count-as-applied",
  title: "now and then applying a batch fails; it is counted as applied and never seen again",
  seenIn: "AIBrix (IsTemporaryError swallows events)",
  covers: ["D25"],
  foundBy: ["S2", "S1", "C1"],
  patches: [
    {
      file: "src/gateway/index/prefix-index.ts",
      find: `    if (holder.removed) {
      this.#store.counters.lateBatches++;`,
      replace: `    const calls = ((holder as { calls?: number }).calls ?? 0) + 1;
    Object.assign(holder, { calls });
    if (calls % 12 === 0) return { ...NOTHING };
    if (holder.removed) {
      this.#store.counters.lateBatches++;`,
    },
  ],
};
