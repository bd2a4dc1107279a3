/**
 * S0 no invention: every block that an answer credits to an engine was held by that engine at some time before the answer.
 * Holds always, in the middle of any fault. Catches phantom roots, speculative entries taken for facts, decoder garbage,
 * engines that do not exist.
 */
import { claimTooMuch } from "./proofs.js";
import { needsMatch, type Property } from "./property.js";

export const noInvention: Property = {
  id: "S0",
  title: "no invention",
  kind: "always",
  statement: "Every block that an answer credits to an engine was held by that engine at some time before the answer.",
  notApplicable: needsMatch,
  start: (context, tally) => ({
    answer(answer) {
      for (const standing of answer.survey.standings) {
        if (standing.claimed === 0 || !standing.engine.publishes) continue;
        tally.opportunity();
        if (standing.claimed <= standing.possible) continue;
        const ever = standing.ever();
        if (standing.claimed > ever) {
          tally.violate(claimTooMuch(context, answer, standing, { blocks: ever, said: "it never held more than" }));
        }
      }
      for (const { name, claimed } of answer.survey.strangers) {
        if (claimed === 0) continue;
        tally.opportunity();
        tally.violate({
          at: answer.query.ret,
          engine: name,
          summary: `the answer for prompt ${answer.prompt.id} names engine ${name}, which this run never had`,
          proof: { prompt: answer.prompt.id, claimed, answeredAtMs: context.ms(answer.query.ret) },
        });
      }
    },
  }),
};
