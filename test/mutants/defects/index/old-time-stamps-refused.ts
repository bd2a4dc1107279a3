import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "old-time-stamps-refused",
  title: "a batch whose time stamp is older than the last one is dropped as late",
  seenIn: "consumers that order events by ts",
  covers: ["A-SKEW"],
  foundBy: ["S2", "S1", "C1"],
  anomalies: ["clock-step"],
  patches: [
    {
      file: "src/gateway/index/prefix-index.ts",
      find: "this.#reader.decodeBatch(payload, applier);",
      replace:
        "const none = { stored() {}, removed() {}, cleared() {} };\n      const { ts } = this.#reader.decodeBatch(payload, none);\n      const { newest } = holder as { newest?: number };\n      Object.assign(holder, { newest: Math.max(ts, newest ?? ts) });\n      if (ts >= (newest ?? ts)) this.#reader.decodeBatch(payload, applier);",
    },
  ],
};
