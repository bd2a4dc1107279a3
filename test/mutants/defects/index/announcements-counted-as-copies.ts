import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "announcements-counted-as-copies",
  title: "an engine that announces again what it holds (SGLang) is believed to have copies",
  seenIn: "llm-d-router#2510, dynamo#8012",
  covers: ["C34", "C36"],
  foundBy: ["S1", "C1", "L2"],
  scenario: "test/e2e/mixed-dialects",
  patches: [
    {
      file: "src/gateway/fleet/engine.ts",
      find: "addHolder({ engine, rank, model, blockSize: block_size, duplicates })",
      replace:
        'addHolder({ engine, rank, model, blockSize: block_size, duplicates: duplicates === "set" ? "copies" : duplicates })',
    },
  ],
};
