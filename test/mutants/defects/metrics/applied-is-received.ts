import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "applied-is-received",
  title: "what was received is reported as applied",
  seenIn: "AIBrix (received equals processed by construction)",
  covers: ["D22"],
  foundBy: ["O1", "M1"],
  patches: [
    {
      file: "src/gateway/session/session.ts",
      find: "appliedBatches: c.applied,",
      replace: "appliedBatches: c.received,",
    },
  ],
};
