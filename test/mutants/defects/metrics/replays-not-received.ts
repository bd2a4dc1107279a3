import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "replays-not-received",
  title: "batches that came by replay are not counted as received",
  seenIn: "counters on the live path alone",
  covers: ["D22"],
  foundBy: ["O1"],
  patches: [
    {
      file: "src/gateway/session/replay.ts",
      find: `export function acceptReplayed(s: SessionState, id: number, seq: number, payload: Uint8Array): Verdict {
  s.counters.received++;`,
      replace:
        "export function acceptReplayed(s: SessionState, id: number, seq: number, payload: Uint8Array): Verdict {",
    },
  ],
};
