import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "reload-not-noticed",
  title: "an adapter loaded again under its name keeps what was cached for the old one",
  seenIn: "vllm#42125, vllm#30931",
  covers: ["W15", "D52"],
  foundBy: ["I1", "S0", "S1", "C1"],
  scenario: "test/e2e/multi-lora",
  patches: [
    {
      file: "src/gateway/index/event-applier.ts",
      find: "if (event.loraName !== null && event.loraId !== null) this.#noticeReload",
      replace: 'if (event.loraName === "" && event.loraId !== null) this.#noticeReload',
    },
    {
      file: "src/gateway/fleet/engine.ts",
      find: "const blocks = index.dropAdapter(this.name, adapter, lastId ?? undefined);",
      replace: "const blocks = index.dropAdapter(this.name, adapter, -1);",
    },
  ],
};
