import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "adapters-fall-together",
  title: "blocks of an adapter and of the base model are the same to it",
  seenIn: "llm-d-kv-cache#243, dynamo#6517",
  covers: ["D52", "C48", "A-LEAK-LORA"],
  foundBy: ["I1", "S0", "S1"],
  patches: [
    {
      file: "src/gateway/index/store-blocks.ts",
      find: "claim.lora = adapterKey(event.loraName, event.loraId);",
      replace: "claim.lora = null;",
    },
    {
      file: "src/gateway/index/matcher.ts",
      find: "this.#store.contexts.find(model, query.lora, query.salt, blockSize)",
      replace: "this.#store.contexts.find(model, null, query.salt, blockSize)",
    },
  ],
};
