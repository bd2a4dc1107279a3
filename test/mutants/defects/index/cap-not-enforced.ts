import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "cap-not-enforced",
  title: "the cap on entries is checked for nothing that events bring",
  seenIn: "AIBrix (limits not enforced on the event path), smg#2095",
  covers: ["D10", "A10", "A-CAP"],
  foundBy: ["B1"],
  anomalies: ["small-cap"],
  patches: [
    {
      file: "src/gateway/index/eviction.ts",
      find: "while (store.entries + count > store.maxEntries) {",
      replace: "while (store.entries + count > store.maxEntries * 1000) {",
    },
  ],
};
