import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "end-taken-as-proof",
  title: "a replay that ends is taken for complete: what its queue dropped is skipped",
  seenIn: "libzmq's ROUTER high-water mark, consumers that trust END",
  covers: ["W4", "A-HWM"],
  foundBy: ["M2", "S2", "S1", "C1"],
  anomalies: ["stream.drop+replay.holes+together", "stream.drop+replay.holes", "gateway.restart+replay.holes+together"],
  patches: [
    {
      file: "src/gateway/session/flow.ts",
      find: "if (!missing && (outcome.ended || (outcome.answered && s.attempts >= QUIET_ROUNDS))) {",
      replace: `if (outcome.ended) {
      if (missing) s.next = s.held.count > 0 ? s.held.firstSeq : s.highestSeen + 1;`,
    },
  ],
};
