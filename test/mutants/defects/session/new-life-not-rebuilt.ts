import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "new-life-not-rebuilt",
  title: "after a restart the old blocks go and the new life's first batches are never fetched",
  seenIn: "dynamo#14652, dynamo#12635",
  covers: ["A5"],
  foundBy: ["S2", "C1", "M2"],
  anomalies: ["engine.crash"],
  patches: [
    {
      file: "src/gateway/session/life.ts",
      find: `  s.counters.lives++;
  beginHolding(s, "catching-up");
  startSync(s);`,
      replace: `  s.counters.lives++;
  s.next = ANY;
  beginFlowing(s);`,
    },
  ],
};
