import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "no-heartbeat",
  title: "a connection on which nothing comes is never doubted",
  seenIn: "AIBrix (half-open TCP never detected)",
  covers: ["D16", "A-HALFOPEN"],
  foundBy: ["fault-is-told", "S1", "C1"],
  scenario: "test/mutants/scenarios/half-open",
  patches: [
    {
      file: "src/gateway/transport/zmtp-connection.ts",
      find: "if (this.#silentIntervals * heartbeatIntervalMs >= heartbeatTimeoutMs) {",
      replace: "if (this.#silentIntervals * heartbeatIntervalMs >= heartbeatTimeoutMs * 1000) {",
    },
  ],
};
