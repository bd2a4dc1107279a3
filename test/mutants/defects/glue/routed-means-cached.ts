import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "routed-means-cached",
  title: "where a prompt was sent is taken for where it is cached",
  seenIn: "AIBrix (speculative AddPrefix survives removal)",
  covers: ["D18"],
  foundBy: ["S1", "S0", "C1"],
  patches: [
    {
      file: "src/gateway/policy/router.ts",
      find: "    this.#rotation = (this.#rotation + 1) >>> 0;",
      replace: `    this.#rotation = (this.#rotation + 1) >>> 0;
    const sent = ((globalThis as { sent?: Map<string, string> }).sent ??= new Map());
    if (choice && question.tokens) sent.set(Array.from(question.tokens).join(), choice.ranking[0].engine);`,
    },
    {
      file: "src/gateway/policy/router.ts",
      find: `    return blocks;
  }`,
      replace: `    const engine = (globalThis as { sent?: Map<string, string> }).sent?.get(Array.from(question.tokens).join());
    if (engine !== undefined && this.#fleet.get(engine)) blocks[engine] = Math.floor(question.tokens.length / 16);
    return blocks;
  }`,
    },
  ],
};
