import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "broken-replay-starts-over",
  title: "a replay that breaks off is begun again from the start, each time",
  seenIn: "llm-d-router#2410",
  covers: ["B20"],
  foundBy: ["S2", "C1", "M2"],
  anomalies: ["gateway.restart+replay.truncate", "engine.crash+replay.truncate"],
  patches: [
    {
      file: "src/gateway/session/replay.ts",
      find: "  s.counters.replayFailures++;\n",
      replace: '  s.counters.replayFailures++;\n  if (round.kind === "sync") forgetLife(s, "replay broke off");\n',
    },
  ],
};
