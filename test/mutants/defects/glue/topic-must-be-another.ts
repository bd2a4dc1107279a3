import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "topic-must-be-another",
  title: "events are compared with a topic that nobody sends: none is taken, and nothing says so",
  seenIn: "llm-d-inference-sim#624, dynamo#11984",
  covers: ["E57", "B28", "W19", "W20"],
  foundBy: ["S2", "C1", "O1"],
  scenario: "test/e2e/happy-path",
  patches: [
    {
      file: "src/gateway/transport/zmq-subscriber.ts",
      find: "if (topic.length !== ours.length) return false;",
      replace: "if (topic.length >= 0) return false;",
    },
    {
      file: "src/gateway/transport/zmq-subscriber.ts",
      find: "if (this.#topic.length > 0 && !this.#isOurTopic(topic)) {",
      replace: "if (!this.#isOurTopic(topic)) {",
    },
  ],
};
