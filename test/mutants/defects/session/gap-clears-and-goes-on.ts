import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "gap-clears-and-goes-on",
  title: "a gap purges the stream and nothing is fetched again",
  seenIn: "dynamo#14627",
  covers: ["B19"],
  foundBy: ["S2", "C1", "M2"],
  anomalies: ["stream.drop", "stream.overrun"],
  patches: [
    {
      file: "src/gateway/session/flow.ts",
      find: `  if (!canReplay(s)) {
    purgeAndSkip`,
      replace: `  if (seq > s.next) {
    purgeAndSkip`,
    },
    {
      file: "src/gateway/session/timers.ts",
      find: `if (s.rebuildAtNs <= ns) rebuild(s);
  else if`,
      replace: `if (s.rebuildAtNs <= ns) s.rebuildAtNs = NEVER;
  else if`,
    },
  ],
};
