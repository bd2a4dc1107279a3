import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "late-delete-removes-successor",
  title: "the delayed deletion of an old pod goes by name and removes its successor",
  seenIn: "agent-sandbox#1397, #1398",
  covers: ["A7"],
  foundBy: ["S2", "C1", "O1", "M3"],
  scenario: "test/e2e/pod-migrate",
  patches: [
    {
      file: "src/gateway/fleet/fleet.ts",
      find: 'if (present) this.#remove(present, "replaced by another life or place of the same engine");',
      replace: `if (present) {
      this.#remove(present, "replaced by another life or place of the same engine");
      setTimeout(() => this.unregister(registration.engine), 300);
    }`,
    },
  ],
};
