import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "move-not-noticed",
  title: "an engine that registers again from a new address is taken for known",
  seenIn: "AIBrix (IP change does not purge)",
  covers: ["D6"],
  foundBy: ["S2", "M3", "S1", "C1", "O1"],
  scenario: "test/e2e/pod-migrate",
  patches: [
    {
      file: "src/gateway/fleet/fleet.ts",
      find: "if (present && sameRegistration(present.registration, registration)) return;",
      replace: "if (present) return;",
    },
  ],
};
