/**
 * S1 bounded phantom: on a calm query, every block credited to an engine was held by it at some moment of
 * [asked − Δ, answered]. Calm = no fault window and no recovery time ρ meets that interval, and the engine itself is a
 * member whose join, restart or adapter change is not too recent. A system that declares a lease must also let go of an
 * engine that died without being removed, once the lease has run out. Catches removals and clears that were missed, and
 * removed blocks that a late replay brought back.
 */
import { claimTooMuch } from "./proofs.js";
import { needsMatch, type Property } from "./property.js";

export const boundedPhantom: Property = {
  id: "S1",
  title: "bounded phantom",
  kind: "always",
  timed: true,
  statement: "On calm queries, every block credited to an engine was held by it within the staleness bound.",
  notApplicable: needsMatch,
  start(context, tally) {
    const leaseMs = context.run.sut.capabilities.lease_ms;
    const leaseNs = leaseMs === null ? Number.POSITIVE_INFINITY : leaseMs * 1e6;
    return {
      answer(answer) {
        if (!answer.survey.calm) return;
        for (const standing of answer.survey.standings) {
          const expired = standing.engine.member && answer.survey.window.from > standing.engine.downAt + leaseNs;
          if (standing.claimed === 0 || !(standing.settled || expired)) continue;
          tally.opportunity();
          if (standing.claimed <= standing.possible) continue;
          const said = expired
            ? "it is down for longer than the declared lease, and may be credited with"
            : "within the window it held at most";
          tally.violate(claimTooMuch(context, answer, standing, { blocks: standing.possible, said }));
        }
      },
    };
  },
};
