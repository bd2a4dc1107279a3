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
      find: `    offer(s, seq, payload, true);
    return Verdict.apply;`,
      replace: `    s.next = seq + 1;
    s.lastSeq = seq;
    s.lastPayload = payload;
    s.recent.remember(seq, payload);
    s.counters.applied++;
    s.counters.replayed++;
    return Verdict.hold;`,
    },
  ],
};
