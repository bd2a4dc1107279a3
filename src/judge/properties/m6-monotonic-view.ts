/**
 * M6 monotonic view: while nothing of a prefix is removed, an engine once credited with it keeps the credit. Counted
 * everywhere (`regressions`); a regression on a calm query is a violation. Catches an index that flaps.
 */
import { claimTooLittle } from "./proofs.js";
import { needsEvents, type Property } from "./property.js";

export const monotonicView: Property = {
  id: "M6",
  title: "monotonic view",
  kind: "count",
  statement: "Without removals, a prefix once seen stays seen; regressions are counted.",
  notApplicable: needsEvents,
  start: (context, tally) => ({
    answer(answer) {
      const { survey } = answer;
      for (const standing of survey.standings) {
        if (standing.previouslyClaimed < 1 || standing.certain === 0) continue;
        const limit = Math.min(standing.previouslyClaimed, standing.certain);
        const kept = standing.keptSince(standing.previouslyAskedAt, limit);
        if (kept === 0) continue;
        tally.opportunity();
        if (standing.claimed >= kept) continue;
        tally.count("regressions");
        if (!survey.calm || !standing.settled) continue;
        const why = `it held ${kept} ever since the last answer, which gave it ${standing.previouslyClaimed}`;
        tally.violate(claimTooLittle(context, answer, standing, why));
      }
    },
    finish() {
      tally.count("regressions", 0);
    },
  }),
};
