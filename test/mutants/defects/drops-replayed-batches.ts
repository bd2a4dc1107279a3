import type { Defect } from "../defect.js";

export const dropsReplayedBatches: Defect = {
  id: "drops-replayed-batches",
  title: "a replay is requested, read, counted, and thrown away",
  seenIn: "AIBrix (replay response discarded), Mooncake#3616",
  scenario: "pod-create-publishing",
  foundBy: ["S2", "C1"],
  patches: [
    {
      file: "src/gateway/session/replay.ts",
      find: "    offer(s, seq, payload, true);\n    return Verdict.apply;",
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
