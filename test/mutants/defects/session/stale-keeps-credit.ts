import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "stale-keeps-credit",
  title: "a stream that lost its connection keeps its credit for ever",
  seenIn: "sglang#39822 (484 placements on a dead worker), AIBrix",
  covers: ["A4", "D16"],
  foundBy: ["S1", "M3", "C1"],
  scenario: "test/e2e/restart-in-place",
  patches: [
    {
      file: "src/gateway/session/credit.ts",
      find: "return nowNs - s.lostNs <= options.leaseMs * NS_PER_MS ? s.creditWhenLost : 0;",
      replace: "return s.creditWhenLost;",
    },
    {
      file: "src/gateway/fleet/engine.ts",
      find: 'if (this.#closed || this.health.state === "down") return false;',
      replace: "if (this.#closed) return false;",
    },
    {
      file: "src/gateway/fleet/engine.ts",
      find: 'if (state === "down") this.#doubt.raise();',
      replace: "",
    },
  ],
};
