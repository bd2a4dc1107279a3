/**
 * S2 bounded completeness: on a calm query, an engine that held the first n blocks of the prompt throughout
 * [asked − Δ, answered] is credited with at least n. Not demanded: what was published before the engine joined until ρ
 * after the join (ever, without replay), what left no readable bytes on the wire, what was cached for an adapter before it
 * was last loaded or unloaded, and, of a system that does not keep tiers apart, blocks outside the GPU. Catches lost stores, a replay that is not applied, multi-block events that are not
 * chained, content that a slow joiner never catches up with.
 */
import { claimTooLittle } from "./proofs.js";
import { needsEvents, type Property } from "./property.js";

export const boundedCompleteness: Property = {
  id: "S2",
  title: "bounded completeness",
  kind: "always",
  timed: true,
  statement: "On calm queries, an engine that certainly holds the first n blocks is credited with at least n.",
  notApplicable: needsEvents,
  start: (context, tally) => ({
    answer(answer) {
      if (!answer.survey.calm) return;
      for (const standing of answer.survey.standings) {
        if (standing.certain === 0 || !standing.settled) continue;
        tally.opportunity();
        if (standing.claimed >= standing.certain) continue;
        tally.violate(claimTooLittle(context, answer, standing, `throughout the window it held ${standing.certain}`));
      }
    },
  }),
};
