/**
 * I2 engine isolation: when engine p removes or clears blocks, dies or leaves, an engine p′ (or another rank of p) that was
 * credited with the same blocks before, and held them all the while, keeps that credit. Faults elsewhere are no excuse; only those that touch p′
 * itself are. Catches removal by hash alone, one engine's clear applied to everybody, a departure that takes shared
 * entries along.
 */
import type { EngineState } from "../truth/engine-state.js";
import type { Standing, Survey } from "../truth/survey.js";
import type { Truth } from "../truth/truth.js";
import { claimTooLittle } from "./proofs.js";
import { needsEvents, type Property } from "./property.js";

export const engineIsolation: Property = {
  id: "I2",
  title: "engine isolation",
  kind: "always",
  statement: "What one engine removes, clears or takes along when it leaves does not change the answer about another.",
  notApplicable: needsEvents,
  start: (context, tally) => ({
    answer(answer) {
      const { truth } = context;
      for (const standing of answer.survey.standings) {
        if (standing.previouslyClaimed < 1) continue;
        // It was credited, so it was known: no staleness excuses that it is forgotten.
        const kept = standing.keptSince(
          standing.previouslyAskedAt,
          Math.min(standing.previouslyClaimed, answer.prompt.blocks),
        );
        if (kept === 0 || !standing.engine.settled(standing.previouslyAskedAt, answer.prompt.adapter)) continue;
        if (!truth.disturbances.calmFor(standing.engine.name, answer.survey.window.from)) continue;
        const loss = lossElsewhere(truth, standing, answer.survey, kept);
        if (loss === null) continue;
        tally.opportunity();
        if (standing.claimed >= kept || standing.claimed > loss.block) continue;
        const why = `it held ${kept} all the while, but ${loss.engine.name} ${loss.why} since the last answer, which gave it ${standing.previouslyClaimed}`;
        tally.violate(claimTooLittle(context, answer, standing, why));
      }
    },
  }),
};

interface Loss {
  readonly engine: EngineState;
  readonly why: string;
  /** Index of the first block that the other engine lost. */
  readonly block: number;
}

function lossElsewhere(truth: Truth, standing: Standing, survey: Survey, blocks: number): Loss | null {
  const since = standing.previouslyAskedAt;
  const first = survey.chain[0] as number;
  for (const { engine: index, rank, at, why } of truth.losses.massSince(since)) {
    const engine = truth.engines[index] as EngineState;
    const itself = engine === standing.engine && rank === null;
    if (!itself && heldAt(engine, rank, first, at)) return { engine, why, block: 0 };
  }
  // One holder kept all of them, so whoever lost one of them is another.
  for (let block = 0; block < blocks; block++) {
    const loser = truth.losses.loserSince(survey.chain[block] as number, since);
    if (loser < 0) continue;
    return { engine: truth.engines[loser] as EngineState, why: `removed block ${block}`, block };
  }
  return null;
}

function heldAt(engine: EngineState, rank: number | null, id: number, at: number): boolean {
  return engine.streams.some(({ holder }) => {
    if (rank !== null && holder.rank !== rank) return false;
    const entry = holder.entry(id);
    return entry >= 0 && holder.possibly(entry, at, at);
  });
}
