import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "reports-the-next-number",
  title: "the number reported as applied is the one that is due next",
  seenIn: "off by one in a gauge",
  covers: ["D22"],
  foundBy: ["M1"],
  patches: [
    {
      file: "src/gateway/session/session.ts",
      find: "    lastSeq: s.lastSeq,",
      replace: "    lastSeq: s.lastSeq + 1,",
    },
  ],
};
