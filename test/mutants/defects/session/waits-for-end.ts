import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "waits-for-end",
  title: "a recovery is over only when END comes, whatever has been fetched",
  seenIn: "consumers that wait for the sentinel",
  covers: ["W4"],
  foundBy: ["S2", "S1", "C1"],
  anomalies: ["gateway.restart+replay.no-end", "stream.drop+replay.no-end"],
  patches: [
    {
      file: "src/gateway/session/flow.ts",
      find: "if (!s.unproven && s.highestSeen >= 0 && s.next > s.highestSeen && s.held.count === 0) {",
      replace: "if (s.next < -1) {",
    },
  ],
};
