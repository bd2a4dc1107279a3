import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "blocks-belong-to-the-address",
  title: "blocks are filed by address: a new engine inherits what its predecessor there held",
  seenIn: "istio#20676 (analogue)",
  covers: ["A8", "A-IPREUSE"],
  foundBy: ["S0", "S1", "M3", "B1", "C1"],
  scenario: "test/e2e/pod-delete",
  patches: [
    {
      file: "src/gateway/fleet/engine.ts",
      find: "for (const { holder } of this.#ranks) this.#deps.index.removeHolder(holder);",
      replace: "",
    },
    {
      file: "src/gateway/policy/router.ts",
      find: "for (const match of this.#index.match(question)) {",
      replace: `for (const found of this.#index.match(question)) {
      const heirs = [...this.#fleet.engines()].filter(({ name }) => name > found.engine);
      const match = this.#fleet.get(found.engine) ? found : { ...found, engine: heirs[0]?.name ?? found.engine };`,
    },
  ],
};
