/** All seeded defects. A new one is a file in defects/ and a line here. */
import type { Defect } from "./defect.js";
import { creditsWithoutFirstBlock } from "./defects/credits-without-first-block.js";
import { dropsReplayedBatches } from "./defects/drops-replayed-batches.js";
import { ignoresRemovals } from "./defects/ignores-removals.js";
import { keepsDepartedEngines } from "./defects/keeps-departed-engines.js";
import { mixesAdapters } from "./defects/mixes-adapters.js";
import { unchainedBlocks } from "./defects/unchained-blocks.js";

export const defects: readonly Defect[] = [
  ignoresRemovals,
  unchainedBlocks,
  creditsWithoutFirstBlock,
  mixesAdapters,
  keepsDepartedEngines,
  dropsReplayedBatches,
];
