/** D1 to D27: AIBrix's prefix indexer and its event path. */
import type { KnownDefect } from "./known-defect.js";

export const aibrix: readonly KnownDefect[] = [
  { id: "D1", what: "blocks of a multi-block event are not chained" },
  { id: "D2", what: "block size taken in another unit: nothing matches" },
  { id: "D3", what: "the replay's answer is thrown away" },
  { id: "D4", what: "a gap is only counted" },
  { id: "D5", what: "a sequence that starts again goes unnoticed" },
  { id: "D6", what: "an engine at a new address keeps what it held at the old one" },
  { id: "D7", what: "a block with an unknown parent becomes a root" },
  { id: "D8", what: "credit for later blocks without the first" },
  { id: "D9", what: "tables are not given back when an engine leaves" },
  { id: "D10", what: "limits are not enforced on the event path" },
  { id: "D11", what: "an idle model is evicted although its engines live" },
  { id: "D12", what: "a count of entries falls below zero" },
  { id: "D13", what: "one bad event costs the whole batch" },
  { id: "D14", what: "an event of an unknown type is an error" },
  { id: "D15", what: "one replay that does not answer stops every stream" },
  { id: "D16", what: "a half-open connection is never noticed" },
  { id: "D17", what: "the same stream is followed twice" },
  { id: "D18", what: "what was routed is taken for cached" },
  { id: "D19", what: "an adapter's label in the events differs from the one in questions" },
  { id: "D20", what: "data-parallel ranks above 0 are ignored" },
  {
    id: "D21",
    what: "chat and completion prompts are tokenised differently",
    notSeeded: "a run's prompts are token ids; test/integration/gateway-proxy.test.ts asks both surfaces with text",
  },
  { id: "D22", what: "metrics are dead, or right by construction" },
  {
    id: "D23",
    what: "documented settings do not exist",
    notSeeded: "a defect of documentation: scripts/docs.ts writes the reference from the code",
  },
  { id: "D24", what: "matches are ranked in whole percent" },
  { id: "D25", what: "a batch that failed is counted as applied" },
  {
    id: "D26",
    what: "a half-valid configuration gives a router with an empty index",
    notSeeded: "seen before any run: src/gateway/config.test.ts and test/integration/gateway-process.test.ts",
  },
  {
    id: "D27",
    what: "tests that no gate runs",
    notSeeded: "a defect of a test suite: scripts/ci.mjs counts what ran and refuses skips without a known reason",
  },
];
