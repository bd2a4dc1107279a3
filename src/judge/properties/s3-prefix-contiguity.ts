/**
 * S3 prefix contiguity: an answer (engine, n) is true only if one rank of the engine held each of blocks 1..n at one moment
 * of [asked − Δ, answered]. On queries that are not calm, whose window nobody can bound, each of the blocks must have been
 * held by that rank at some time. Catches jump search, and credit borrowed from another engine's (or rank's) first block.
 */
import { claimTooMuch } from "./proofs.js";
import { needsMatch, type Property } from "./property.js";

export const prefixContiguity: Property = {
  id: "S3",
  title: "prefix contiguity",
  kind: "always",
  timed: true,
  statement: "An engine credited with n blocks held each of blocks 1..n, all at one moment of the window.",
  notApplicable: needsMatch,
  start: (context, tally) => ({
    answer(answer) {
      for (const standing of answer.survey.standings) {
        if (standing.claimed === 0 || !standing.engine.publishes) continue;
        tally.opportunity();
        if (standing.claimed <= standing.certain) continue;
        const fresh = answer.survey.calm && standing.settled;
        const held = fresh ? standing.together() : standing.ever();
        if (standing.claimed <= held) continue;
        const said = fresh
          ? "the longest prefix it held at one moment is"
          : "the longest prefix of which it ever held each block is";
        const violation = claimTooMuch(context, answer, standing, { blocks: held, said });
        // Blocks that it held once, but not within the window, may be a matter of Δ; a mixture within it is none.
        const late = standing.claimed > standing.possible && standing.claimed <= standing.ever();
        tally.violate(late ? violation : { ...violation, timeless: true });
      }
    },
  }),
};
