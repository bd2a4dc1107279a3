import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "old-connection-still-counts",
  title: "frames of an earlier connection are taken for those of the present one",
  seenIn: "clients that share one callback over reconnects",
  covers: ["A-LATE"],
  foundBy: ["M1", "S1", "S2", "C1", "M3", "O1"],
  anomalies: ["link.flap"],
  patches: [
    {
      file: "src/gateway/session/live.ts",
      find: "if (!s.connected || connection !== s.connection) return drop(s);",
      replace: "if (!s.connected) return drop(s);",
    },
    {
      file: "src/gateway/session/session.ts",
      find: "if (!s.open || seq !== s.next || connection !== s.connection) return",
      replace: "if (!s.open || seq !== s.next) return",
    },
  ],
};
