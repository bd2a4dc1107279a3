import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "late-joiner-calls-itself-live",
  title: "nobody asks for what was published before the connection",
  seenIn: "dynamo#7463",
  covers: ["B17", "A-SLOWJOIN", "W16"],
  foundBy: ["M2", "S2", "C1"],
  patches: [
    {
      file: "src/gateway/session/life.ts",
      find: `  beginHolding(s, "catching-up");
  startSync(s);
}

/** Without replay`,
      replace: `  s.next = ANY;
  s.unproven = false;
  beginFlowing(s);
}

/** Without replay`,
    },
  ],
};
