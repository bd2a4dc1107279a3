import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "live-before-replay",
  title: "live batches are applied while an older replay is still coming",
  seenIn: "Mooncake#4159, Mooncake#3616",
  covers: ["W8", "A-RESURRECT"],
  foundBy: ["M1", "S1", "S2", "C1"],
  patches: [
    {
      file: "src/gateway/session/live.ts",
      find: 'if (s.state !== "gapped" || s.unproven) return hold(s, seq, payload);',
      replace: `if (s.unproven) return hold(s, seq, payload);
  if (s.state !== "gapped") return apply(s, seq, payload);`,
    },
    {
      file: "src/gateway/session/replay.ts",
      find: "if (seq < s.next || s.next === ANY) return known(s, seq, payload);",
      replace: `if (seq < s.next || s.next === ANY) {
    offer(s, seq, payload, true);
    return Verdict.apply;
  }`,
    },
  ],
};
