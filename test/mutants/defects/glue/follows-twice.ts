import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "follows-twice",
  title: "each stream is followed twice, and both copies are applied",
  seenIn: "AIBrix (concurrent subscribe), libzmq#788",
  covers: ["D17", "E58", "A-DUP"],
  foundBy: ["S1", "C1", "L2", "O1"],
  scenario: "test/e2e/routing-follows-events",
  patches: [
    {
      file: "src/gateway/fleet/engine.ts",
      find: "      this.#ranks.push({",
      replace: `      openStream({ engine, rank, events, replay, topic, sink, log }).start();
      this.#ranks.push({`,
    },
  ],
};
