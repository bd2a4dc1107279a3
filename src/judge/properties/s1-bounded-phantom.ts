/**
 * S1 bounded phantom: on a calm query, every block credited to an engine was held by it at some moment of
 * [asked − Δ, answered]. Calm = no fault window and no recovery time ρ meets that interval, and the engine itself is a
 * member whose join, restart or adapter change is not too recent. A system that declares a lease must also let go of an
 * engine that died without being removed, once the lease has run out; and while news may be kept from it, of whatever was not held at any
 * moment of the lease before the question: [asked − Δ − lease, answered]. Catches removals and clears that were missed, and
 * removed blocks that a late replay brought back.
 */
import { claimTooMuch } from "./proofs.js";
import type { Standing } from "../truth/survey.js";
import { MAX_LEASE_NS } from "../truth/truth.js";
import { type Answer, needsMatch, type Property } from "./property.js";

export const boundedPhantom: Property = {
  id: "S1",
  title: "bounded phantom",
  kind: "always",
  timed: true,
  statement:
    "On calm queries, every block credited to an engine was held by it within the staleness bound; in faults, within a declared lease.",
  notApplicable: needsMatch,
  start(context, tally) {
    const { lease_ms: leaseMs } = context.run.sut.capabilities;
    const leaseNs = leaseMs === null ? Number.POSITIVE_INFINITY : leaseMs * 1e6;
    const claims = (answer: Answer, standing: Standing, said: string): void => {
      tally.opportunity();
      if (standing.claimed <= standing.possible) return;
      tally.violate(claimTooMuch(context, answer, standing, { blocks: standing.possible, said }));
    };
    return {
      answer(answer) {
        const { survey } = answer;
        if (survey.calm) {
          for (const standing of survey.standings) {
            const expired = standing.engine.member && survey.window.from > standing.engine.downAt + leaseNs;
            if (standing.claimed === 0 || !(standing.settled || expired)) continue;
            const how = "it is down for longer than the declared lease, and may be credited with";
            claims(answer, standing, expired ? how : "within the window it held at most");
          }
        } else if (leaseNs <= MAX_LEASE_NS) {
          for (const standing of context.lookBack(answer, leaseNs).standings) {
            if (standing.claimed > 0)
              claims(answer, standing, "within the window and the declared lease it held at most");
          }
        }
      },
    };
  },
};
