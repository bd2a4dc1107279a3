import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "overtaking-restart-unnoticed",
  title: "a restart that went past the old number before anybody looked goes unnoticed",
  seenIn: "dynamo#13044, vllm#57789",
  covers: ["A6", "A-EPOCH-PAST"],
  foundBy: ["M3", "S1", "C1"],
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
      file: "src/gateway/session/replay.ts",
      find: "return s.recent.differs(seq, payload) ? otherLife(s, seq) : duplicate(s);",
      replace: "return duplicate(s);",
    },
  ],
};
