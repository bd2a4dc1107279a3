import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "groups-fall-together",
  title: "group_idx is not read: all KV-cache groups share one hash space",
  seenIn: "aibrix#2285, aibrix#2384",
  covers: ["W12", "A-LEAK-TIER"],
  foundBy: ["I3", "S2", "C1"],
  patches: [
    {
      file: "src/protocol/stored-event-reader.ts",
      find: "view.groupIdx = cursor.readOptionalCount() ?? 0;",
      replace: "cursor.readOptionalCount();",
    },
    {
      file: "src/protocol/removed-event-reader.ts",
      find: "view.groupIdx = cursor.readOptionalCount() ?? 0;",
      replace: "cursor.readOptionalCount();",
    },
  ],
};
