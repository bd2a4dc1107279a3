import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "short-ring-taken-for-whole",
  title: "a replay that begins later than asked for is taken for the whole history",
  seenIn: "vllm#40363, sglang#33394",
  covers: ["B21", "A-GAP-OLD"],
  foundBy: ["M2"],
  anomalies: ["short-ring", "short-ring+gateway.restart"],
  patches: [
    {
      file: "src/gateway/session/replay.ts",
      find: '  markIncomplete(s, { reason: "history", from: 0, until: seq });',
      replace: "",
    },
  ],
};
