/**
 * L1 visibility latency: for each store that a probe watches, the time from its emission to the first answer from which on
 * it is never absent again (through ρ, or until something else changes). A store that is still absent in an answer asked later than Δ
 * after the emission, and never seen, is a violation; how fast the others were is for thresholds on `visibility_ms`.
 */
import { heldPrefix, Watches } from "./latency-watch.js";
import { needsEvents, type Property } from "./property.js";

export const visibility: Property = {
  id: "L1",
  title: "visibility latency",
  kind: "slo",
  timed: true,
  statement: "A store becomes visible, and stays so; its latency is measured from emission to answer.",
  notApplicable: needsEvents,
  start(context, tally) {
    const watches = new Watches(context, tally, "visibility_ms", "visible");
    return {
      answer(answer) {
        for (const standing of watches.watched(answer)) {
          const held = heldPrefix(standing, answer.survey);
          const state = held.knowable === 0 ? null : { blocks: held.knowable, emittedAt: held.since };
          watches.look(answer, standing, state, standing.claimed >= held.knowable);
        }
      },
      finish: () => watches.finish(),
    };
  },
};
