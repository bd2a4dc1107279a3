/**
 * I3 tier and group isolation: a block removed from one medium while another still has it stays a match; a block that some
 * KV-cache group lacks is no match, whatever the other groups hold. Judged on calm queries whose chain meets such a block.
 * Catches a removal from the GPU that takes the CPU copy along, and a claim from one group of a hybrid model.
 */
import { Flag } from "../truth/holder.js";
import type { Standing, Survey } from "../truth/survey.js";
import { claimTooLittle, claimTooMuch } from "./proofs.js";
import { needsEvents, type Property } from "./property.js";

export const tierIsolation: Property = {
  id: "I3",
  title: "tier and group isolation",
  kind: "always",
  statement:
    "A removal from one tier or group leaves the others as they are: what the truth rule still holds still matches.",
  notApplicable: (run) =>
    needsEvents(run) ?? (run.sut.capabilities.tiers ? null : "the system under test does not keep tiers apart"),
  start: (context, tally) => ({
    answer(answer) {
      if (!answer.survey.calm) return;
      for (const standing of answer.survey.standings) {
        if (!standing.settled) continue;
        const survivor = firstFlagged(standing, answer.survey, standing.certain, Flag.survivor);
        if (survivor >= 0) {
          tally.opportunity();
          if (standing.claimed <= survivor) {
            const why = `block ${survivor} lost one of its copies and is still held`;
            tally.violate(claimTooLittle(context, answer, standing, why));
          }
        }
        if (standing.possible === answer.prompt.blocks) continue;
        if (!isFlagged(standing, answer.survey.chain[standing.possible] as number, Flag.remnant)) continue;
        tally.opportunity();
        if (standing.claimed <= standing.possible) continue;
        const said = `block ${standing.possible} is missing in one of its groups, so it held at most`;
        tally.violate(claimTooMuch(context, answer, standing, { blocks: standing.possible, said }));
      }
    },
  }),
};

function firstFlagged(standing: Standing, survey: Survey, blocks: number, flag: number): number {
  for (let i = 0; i < blocks; i++) if (isFlagged(standing, survey.chain[i] as number, flag)) return i;
  return -1;
}

function isFlagged(standing: Standing, id: number, flag: number): boolean {
  for (const { holder } of standing.engine.streams) {
    const entry = holder.entry(id);
    if (entry >= 0 && (holder.flags(entry) & flag) !== 0) return true;
  }
  return false;
}
