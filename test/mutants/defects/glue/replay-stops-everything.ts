import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "replay-stops-everything",
  title: "a replay is waited for in place: nothing else runs meanwhile",
  seenIn: "AIBrix (5 s under a global lock), dynamo#10580",
  covers: ["D15", "B23"],
  foundBy: ["served", "isolated-departure", "S2", "L1", "C1"],
  scenario: "test/e2e/pod-scale",
  patches: [
    {
      file: "src/gateway/transport/replay-client.ts",
      find: `    this.cancel();
    this.#request = new ReplayRequest(`,
      replace: `    this.cancel();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_000);
    this.#request = new ReplayRequest(`,
    },
  ],
};
