import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "answers-remembered",
  title: "a question asked before gets the answer of then",
  seenIn: "dynamo#11891 (a lookup brings back what was removed)",
  covers: ["C37"],
  foundBy: ["S1", "S2", "C1"],
  patches: [
    {
      file: "src/gateway/index/prefix-index.ts",
      find: "const count = this.matchInto(query, answer);",
      replace: `const past = (Object.assign(this, { past: (this as { past?: Map<string, PrefixMatch[]> }).past ?? new Map() }) as { past: Map<string, PrefixMatch[]> }).past;
    const asked = [query.model, query.lora, query.salt, query.tokens.length, query.tokens[0], query.tokens[query.tokens.length - 1]].join();
    const before = past.get(asked);
    if (before) return before;
    const count = this.matchInto(query, answer);`,
    },
    {
      file: "src/gateway/index/prefix-index.ts",
      find: "    return matches;\n  }\n  /** As `match`",
      replace: "    past.set(asked, matches);\n    return matches;\n  }\n  /** As `match`",
    },
  ],
};
