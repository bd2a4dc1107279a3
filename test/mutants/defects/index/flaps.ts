import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "flaps",
  title: "every fifth answer is empty",
  seenIn: "indexes that rebuild in place",
  covers: ["A-FORGET"],
  foundBy: ["M6"],
  patches: [
    {
      file: "src/gateway/index/prefix-index.ts",
      find: "const count = this.matchInto(query, answer);",
      replace: `const asked = ((this as { asked?: number }).asked ?? 0) + 1;
    Object.assign(this, { asked });
    const count = asked % 5 === 0 ? 0 : this.matchInto(query, answer);`,
    },
  ],
};
