/**
 * L2 invalidation latency: for each removal that a probe watches, the time from its emission to the first answer from which
 * on the removed blocks are never credited again (through ρ, or until something else changes). Still credited in an answer asked later
 * than Δ after the emission, and never gone, is a violation; how fast the others were is for thresholds on
 * `invalidation_ms`.
 */
import { heldPrefix, Watches } from "./latency-watch.js";
import { needsEvents, type Property } from "./property.js";

export const invalidation: Property = {
  id: "L2",
  title: "invalidation latency",
  kind: "slo",
  timed: true,
  statement: "A removal shows, and stays so; its latency is measured from emission to answer.",
  notApplicable: needsEvents,
  start(context, tally) {
    const watches = new Watches(context, tally, "invalidation_ms", "gone");
    return {
      answer(answer) {
        for (const standing of watches.watched(answer)) {
          const held = heldPrefix(standing, answer.survey);
          const state = held.lostAt === undefined ? null : { blocks: held.blocks, emittedAt: held.lostAt };
          watches.look(answer, standing, state, standing.claimed <= held.blocks);
        }
      },
      finish: () => watches.finish(),
    };
  },
};
