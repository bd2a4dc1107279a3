import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "rest-of-unknown-removals-skipped",
  title: "the removals after one of a hash that it does not know are skipped",
  seenIn: "dynamo#14737 (removal of an unknown hash)",
  covers: ["W16"],
  foundBy: ["S1", "C1"],
  anomalies: ["no-replay+gateway.restart+together+busy"],
  patches: [
    {
      file: "src/gateway/index/removal-queue.ts",
      find: "this.#high[i] as number)) unknown++;",
      replace: `this.#high[i] as number)) {
        unknown++;
        break;
      }`,
    },
  ],
};
