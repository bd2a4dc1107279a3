/**
 * M3 epoch fence: a question asked later than Δ_restart after an engine came back is answered from its new life only; a
 * question asked later than that after an engine was removed does not name it. A fault of the engine itself moves the
 * deadline to Δ_restart after its recovery, one that keeps news from consumers (a cut link, a stopped gateway) to ρ after it.
 * Catches restarts that go unnoticed because the sequence number caught up or is
 * equal, late frames of the old life, entries of deleted engines.
 */
import { claimTooMuch } from "./proofs.js";
import { needsMatch, type Property } from "./property.js";

export const epochFence: Property = {
  id: "M3",
  title: "epoch fence",
  kind: "always",
  timed: true,
  statement: "After a restart or removal, answers contain nothing of the life that ended.",
  notApplicable: needsMatch,
  start: (context, tally) => ({
    answer(answer) {
      const { truth } = context;
      const departureNs = truth.bounds.departureNs;
      const asked = answer.query.inv;
      for (const standing of answer.survey.standings) {
        const { engine } = standing;
        const removed = !engine.member && asked > engine.removedAt + departureNs;
        const restarted = engine.member && engine.alive && asked > engine.fencedFrom;
        if (!removed && !restarted) continue;
        if (!truth.disturbances.newsDue(engine.name, asked)) continue;
        const allowed = removed ? 0 : standing.inLife();
        // Only where an answer from the old life would differ can it be told apart.
        if (standing.claimed <= allowed && standing.ever() <= allowed) continue;
        tally.opportunity();
        if (standing.claimed <= allowed) continue;
        const said = removed
          ? `it was removed at ${context.ms(engine.removedAt)} ms and may be credited with`
          : `epoch ${engine.epoch} began before ${context.ms(engine.fencedFrom - departureNs)} ms and ever held`;
        tally.violate(claimTooMuch(context, answer, standing, { blocks: allowed, said }));
      }
    },
  }),
};
