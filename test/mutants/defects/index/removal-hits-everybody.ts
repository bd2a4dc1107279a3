import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "removal-hits-everybody",
  title: "what one engine removes is removed for all",
  seenIn: "indexes keyed by the hash alone",
  covers: ["A-LEAK-POD"],
  foundBy: ["I2"],
  patches: [
    {
      file: "src/gateway/index/event-applier.ts",
      find: "this.#removals.add(lane, column, (event.hashLo[i] as number) | 0, (event.hashHi[i] as number) | 0);",
      replace: `for (const other of this.#store.lanes) {
        if (other) this.#removals.add(other, column, (event.hashLo[i] as number) | 0, (event.hashHi[i] as number) | 0);
      }`,
    },
  ],
};
