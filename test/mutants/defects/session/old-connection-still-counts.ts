import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "old-connection-still-counts",
  title: "frames of an earlier connection are applied when they come, whatever their number",
  seenIn: "clients that share one callback over reconnects",
  covers: ["A-LATE"],
  foundBy: ["M1", "S1", "S2", "C1", "M3", "O1"],
  anomalies: ["link.flap+stream.delay+together+busy", "link.flap+stream.delay+together"],
  patches: [
    {
      file: "src/gateway/session/live.ts",
      find: "if (!s.connected || connection !== s.connection) return drop(s);",
      replace: `if (connection !== s.connection) return apply(s, seq, payload);
  if (!s.connected) return drop(s);`,
    },
  ],
};
