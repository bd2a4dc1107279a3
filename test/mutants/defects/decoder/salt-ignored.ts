import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "salt-ignored",
  title: "cache salts are dropped: prompts of one tenant match blocks of another",
  seenIn: "smg#1652 (extra keys dropped)",
  covers: ["D53"],
  foundBy: ["I1", "S0"],
  patches: [
    {
      file: "src/gateway/index/store-blocks.ts",
      find: "claim.salt = event.salt;",
      replace: "claim.salt = null;",
    },
    {
      file: "src/gateway/index/matcher.ts",
      find: "this.#store.contexts.find(model, query.lora, query.salt, blockSize)",
      replace: "this.#store.contexts.find(model, query.lora, null, blockSize)",
    },
  ],
};
