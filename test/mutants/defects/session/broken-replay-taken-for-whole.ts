import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "broken-replay-taken-for-whole",
  title: "a replay that breaks off is taken for finished: what it did not bring is skipped, and what waited for it",
  seenIn: "llm-d-router#2410 (interrupted replays)",
  covers: ["B20"],
  foundBy: ["M2", "S2", "C1"],
  anomalies: ["gateway.restart+replay.truncate+together", "stream.drop+replay.truncate+together"],
  patches: [
    {
      file: "src/gateway/session/replay.ts",
      find: `    const { replies, brought, highest, damaged } = round;
    s.outcome = { ended: false, answered: replies > 0, brought, highest, damaged, reason };`,
      replace: `    s.counters.dropped += s.held.clear();
    s.next = Math.max(s.next, s.highestSeen + 1);
    beginFlowing(s);`,
    },
  ],
};
