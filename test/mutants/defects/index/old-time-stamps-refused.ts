import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "old-time-stamps-refused",
  title:
    "a batch that is older, by its own time stamp, than what another engine sent a minute before is dropped as late",
  seenIn: "consumers that order events by ts",
  covers: ["A-SKEW"],
  foundBy: ["S2", "S1", "C1"],
  patches: [
    {
      file: "src/gateway/index/prefix-index.ts",
      find: "this.#reader.decodeBatch(payload, applier, broken === null ? 0 : broken.eventsIn(payload));",
      replace: `const none = { stored() {}, removed() {}, cleared() {} };
      const { ts } = this.#reader.decodeBatch(payload, none);
      const { newest } = this as { newest?: number };
      Object.assign(this, { newest: Math.max(ts, newest ?? ts) });
      if (ts >= (newest ?? ts) - 60) this.#reader.decodeBatch(payload, applier);`,
    },
  ],
};
