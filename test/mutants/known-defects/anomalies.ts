/** What a stream can do to an index. */
import type { KnownDefect } from "./known-defect.js";

export const anomalies: readonly KnownDefect[] = [
  { id: "A-LOST", what: "a store is lost" },
  { id: "A-GHOST", what: "a removal is lost" },
  { id: "A-CLEAR", what: "AllBlocksCleared is lost or ignored" },
  { id: "A-GAP-OLD", what: "a gap older than the replay buffer" },
  { id: "A-GAP-BURNT", what: "a number that was never sent" },
  { id: "A-RESURRECT", what: "a live removal applied before the replayed store" },
  { id: "A-EPOCH", what: "the publisher restarts" },
  { id: "A-EPOCH-EQ", what: "it restarts and reaches exactly the old number" },
  { id: "A-EPOCH-PAST", what: "it restarts and is past the old number" },
  { id: "A-LATE", what: "an old connection delivers after the new one" },
  { id: "A-DUP", what: "the same batch twice" },
  { id: "A-ORPHAN", what: "only the child arrives" },
  { id: "A-HOLE", what: "a block in the middle of a chain is removed" },
  { id: "A-LEAK-MODEL", what: "one model's blocks answer for another" },
  { id: "A-LEAK-LORA", what: "one adapter's blocks answer for another" },
  { id: "A-LEAK-POD", what: "what happens to one engine shows at another" },
  { id: "A-LEAK-TIER", what: "what happens in one tier or group shows in another" },
  { id: "A-HASHFORM", what: "hashes as integers or as bytes" },
  { id: "A-SHAPE", what: "arrays and maps in one fleet" },
  { id: "A-POISON", what: "malformed and unknown events" },
  { id: "A-SLOWJOIN", what: "published before the subscription" },
  { id: "A-HWM", what: "the publisher overruns its subscriber" },
  {
    id: "A-HALFOPEN",
    what: "silence without a reset",
    notSeeded:
      "while a silent engine lives, what is claimed of it stays true: no property breaks. test/integration/transport-faults.test.ts holds the heartbeat",
  },
  { id: "A-IPREUSE", what: "a new engine at an old address" },
  { id: "A-SKEW", what: "the events' time stamps jump" },
  { id: "A-FORGET", what: "an idle model is forgotten" },
  { id: "A-CAP", what: "the cap on the event path" },
];
