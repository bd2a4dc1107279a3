import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "drops-replayed-batches",
  title: "a replay is requested, read, counted, and thrown away",
  seenIn: "AIBrix (replay response discarded), Mooncake#3616",
  covers: ["D3", "B13"],
  foundBy: ["S2", "C1"],
  patches: [
    {
      file: "src/gateway/session/replay.ts",
      find: "    offer(s, seq, payload, true);\n    return Verdict.apply;",
      replace:
        "    s.next = seq + 1;\n    s.lastSeq = seq;\n    s.lastPayload = payload;\n    s.recent.remember(seq, payload);\n    s.counters.applied++;\n    s.counters.replayed++;\n    return Verdict.hold;",
    },
  ],
};
