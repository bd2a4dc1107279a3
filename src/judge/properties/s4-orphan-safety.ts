/**
 * S4 orphan safety: the tail of a cached prompt, asked as a prompt of its own, matches nothing, because no engine ever held
 * those blocks as a prompt's beginning. Catches an index that takes blocks whose parent it does not know for roots.
 */
import { claimTooMuch } from "./proofs.js";
import { needsMatch, type Property } from "./property.js";

export const orphanSafety: Property = {
  id: "S4",
  title: "orphan safety",
  kind: "always",
  statement: "The tail of a cached prompt, asked as a prompt of its own, matches nothing.",
  notApplicable: needsMatch,
  start: (context, tally) => ({
    answer(answer) {
      if (answer.query.probe !== "suffix") return;
      tally.opportunity();
      for (const standing of answer.survey.standings) {
        const ever = standing.claimed === 0 ? 0 : standing.ever();
        if (standing.claimed <= ever) continue;
        tally.violate(
          claimTooMuch(context, answer, standing, { blocks: ever, said: "as a prompt's beginning it ever held" }),
        );
      }
    },
  }),
};
