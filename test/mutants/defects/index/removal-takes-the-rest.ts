import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "removal-takes-the-rest",
  title: "a removal forgets everything that was stored after the block, not the block alone",
  seenIn: "llm-d-kv-cache#372 (children dropped)",
  covers: ["A-HOLE"],
  foundBy: ["S2", "C1", "M6"],
  patches: [
    {
      file: "src/gateway/index/removal.ts",
      find: "else if (held.extraColumns === 0) store.drop(lane, slot);",
      replace: `else if (held.extraColumns === 0) {
    const gone = held.nodeAt(slot);
    store.drop(lane, slot);
    dropWhere(store, lane, (_slot, node) => node > gone);
  }`,
    },
  ],
};
