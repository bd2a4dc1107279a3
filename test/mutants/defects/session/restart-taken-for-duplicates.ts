import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "restart-taken-for-duplicates",
  title: "numbers that start again are taken for duplicates",
  seenIn: "AIBrix, llm-d-router#2853, smg#742",
  covers: ["D5", "W6", "A-EPOCH", "A1"],
  foundBy: ["M3", "S1", "S2", "C1"],
  anomalies: ["engine.crash"],
  patches: [
    {
      file: "src/gateway/session/rounds.ts",
      find: "const proof = prove ? s.lastPayload : null;",
      replace: "const proof = prove && s.lastPayload === s.offeredPayload ? s.lastPayload : null;",
    },
    {
      file: "src/gateway/session/life.ts",
      find: "s.unproven = s.lastSeq >= 0;",
      replace: "s.unproven = false;",
    },
    {
      file: "src/gateway/session/live.ts",
      find: `if (seq < s.next) return s.recent.has(seq, payload) ? duplicate(s) : backwards(s, seq, payload);
  if (seq > s.next) gapBefore`,
      replace: `if (seq < s.next) return duplicate(s);
  if (seq > s.next) gapBefore`,
    },
    {
      file: "src/gateway/session/replay.ts",
      find: "return s.recent.differs(seq, payload) ? otherLife(s, seq) : duplicate(s);",
      replace: "return duplicate(s);",
    },
  ],
};
