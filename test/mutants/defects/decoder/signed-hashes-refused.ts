import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "signed-hashes-refused",
  title: "hashes sent as signed integers (SGLang) make the event malformed",
  seenIn: "consumers written against vLLM alone",
  covers: ["W9"],
  foundBy: ["S2", "C1"],
  scenario: "test/e2e/mixed-dialects",
  patches: [
    {
      file: "src/protocol/msgpack-cursor.ts",
      find: "if ((head === 0xcf || head === 0xd3) && pos + 9 <= end) {",
      replace: `if (head === 0xd3) throw this.wrongType("an unsigned integer");
      if (head === 0xcf && pos + 9 <= end) {`,
    },
  ],
};
