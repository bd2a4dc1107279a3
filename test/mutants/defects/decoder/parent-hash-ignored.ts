import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "parent-hash-ignored",
  title: "the parent's hash is not read: what was stored below a prefix stands alone",
  seenIn: "vllm-ascend#12002 (wrong parent chain)",
  covers: ["D7", "C42", "A-ORPHAN"],
  foundBy: ["S4", "S0"],
  patches: [
    {
      file: "src/protocol/stored-event-reader.ts",
      find: `view.hasParent = !cursor.tryNil();
    if (!view.hasParent) return;
    cursor.readHash();`,
      replace: `if (!cursor.tryNil()) cursor.readHash();
    return;
    // @ts-expect-error never reached`,
    },
  ],
};
