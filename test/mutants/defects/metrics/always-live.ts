import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "always-live",
  title: "the stream's state says live, whatever it is",
  seenIn: "AIBrix (the status gauge stays 1)",
  covers: ["D16", "B28"],
  foundBy: ["M2"],
  anomalies: ["engine.burn-seq"],
  patches: [
    {
      file: "src/gateway/session/session.ts",
      find: "    state: s.state,",
      replace: '    state: "live",',
    },
  ],
};
