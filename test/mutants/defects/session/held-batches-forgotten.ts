import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "held-batches-forgotten",
  title: "what came while a replay ran is thrown away once it is over",
  seenIn: "llm-d-router (live events dropped during recovery)",
  covers: ["B22"],
  foundBy: ["S2", "C1", "S1"],
  patches: [
    {
      file: "src/gateway/session/life.ts",
      find: "  s.open = s.held.count === 0;\n  s.attempts = 0;",
      replace: "  s.next += s.held.clear();\n  s.open = true;\n  s.attempts = 0;",
    },
  ],
};
