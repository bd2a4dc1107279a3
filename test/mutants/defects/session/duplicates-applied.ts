import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "duplicates-applied",
  title: "a batch that comes twice is applied twice",
  seenIn: "AIBrix (concurrent subscribe), libzmq#788, zmq.rs#291",
  covers: ["D17", "E58", "A-DUP"],
  foundBy: ["M1", "S1", "C1"],
  anomalies: ["stream.duplicate"],
  patches: [
    {
      file: "src/gateway/session/live.ts",
      find: `if (seq < s.next) return s.recent.has(seq, payload) ? duplicate(s) : backwards(s, seq, payload);
  if (seq > s.next) gapBefore`,
      replace: `if (seq < s.next && s.recent.has(seq, payload)) return apply(s, seq, payload);
  if (seq < s.next) return backwards(s, seq, payload);
  if (seq > s.next) gapBefore`,
    },
  ],
};
