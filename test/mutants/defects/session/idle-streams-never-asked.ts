import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "idle-streams-never-asked",
  title: "a stream on which nothing comes is believed: a lost tail stays lost",
  seenIn: "consumers that look for gaps only when the next batch comes",
  covers: ["A-LOST", "A-HWM"],
  foundBy: ["C1", "S2", "S1"],
  anomalies: ["stream.drop+quiet-end", "stream.overrun+quiet-end"],
  patches: [
    {
      file: "src/gateway/session/timers.ts",
      find: "else if (s.auditAtNs <= ns) audit(s);",
      replace: "else if (s.auditAtNs <= ns) s.auditAtNs = NEVER;",
    },
  ],
};
