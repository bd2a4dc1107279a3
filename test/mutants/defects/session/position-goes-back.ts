import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "position-goes-back",
  title: "the stream's position goes back now and then",
  seenIn: "consumers that store the replayed number last",
  covers: ["A-DUP"],
  foundBy: ["M1"],
  patches: [
    {
      file: "src/gateway/session/session.ts",
      find: "s.lastSeq = seq;",
      replace: "s.lastSeq = seq % 4 === 3 ? seq - 3 : seq;",
    },
  ],
};
