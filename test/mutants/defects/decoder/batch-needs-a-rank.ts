import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "batch-needs-a-rank",
  title: "a batch without a data-parallel rank (vLLM before 0.9.1) is undecodable",
  seenIn: "AIBrix PR#1848 (rank element)",
  covers: ["W9"],
  foundBy: ["S2", "C1"],
  scenario: "test/e2e/mixed-dialects",
  patches: [
    {
      file: "src/protocol/kv-event-reader.ts",
      find: "if (items < 2)",
      replace: "if (items < 3)",
    },
  ],
};
