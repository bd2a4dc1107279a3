/** Counter-examples in a shape that people can follow: who claimed what, when, and what was true. */
import type { Violation } from "../verdict.js";
import type { Standing } from "../truth/survey.js";
import { type Answer, type JudgeContext, round } from "./property.js";

/** The facts every proof about an answer carries; `block` is the index of the first block that decides. */
export function answerProof(
  context: JudgeContext,
  answer: Answer,
  standing: Standing,
  block: number,
): Record<string, unknown> {
  const { query, prompt, survey } = answer;
  const id = block < prompt.blocks ? survey.chain[block] : undefined;
  return {
    prompt: prompt.id,
    model: prompt.model,
    ...(prompt.adapter === null ? {} : { adapter: prompt.adapter }),
    promptBlocks: prompt.blocks,
    probe: query.probe,
    askedAtMs: context.ms(query.inv),
    answeredAtMs: context.ms(query.ret),
    tookMs: round((query.ret - query.inv) / 1e6),
    windowMs: [context.ms(survey.window.from), context.ms(survey.window.to)],
    claimed: standing.claimed,
    possible: standing.possible,
    certain: standing.certain,
    epoch: standing.engine.epoch,
    ...(id === undefined
      ? {}
      : { block, identity: context.truth.identities.hexOf(id), holders: holders(context, standing, id) }),
  };
}

/** When each rank of the engine held the block: presently since, or lost at, in milliseconds of the run. */
function holders(context: JudgeContext, standing: Standing, id: number): unknown[] {
  return standing.engine.streams.map(({ holder }) => {
    const entry = holder.entry(id);
    if (entry < 0) return { rank: holder.rank, never: true };
    const since = holder.heldSince(entry);
    if (since !== undefined) return { rank: holder.rank, heldSinceMs: context.ms(since) };
    const lostAt = holder.lostAt(entry);
    return { rank: holder.rank, ...(lostAt === undefined ? { held: false } : { lostAtMs: context.ms(lostAt) }) };
  });
}

export function claimTooMuch(
  context: JudgeContext,
  answer: Answer,
  standing: Standing,
  truth: { readonly blocks: number; readonly said: string },
): Violation {
  const { query, prompt } = answer;
  return {
    at: query.ret,
    engine: standing.engine.name,
    summary:
      `at ${context.ms(query.ret)} ms the answer for prompt ${prompt.id} gave ${standing.engine.name} ` +
      `${standing.claimed} blocks; ${truth.said} ${truth.blocks}`,
    proof: answerProof(context, answer, standing, truth.blocks),
  };
}

export function claimTooLittle(context: JudgeContext, answer: Answer, standing: Standing, why: string): Violation {
  const { query, prompt } = answer;
  return {
    at: query.ret,
    engine: standing.engine.name,
    summary:
      `at ${context.ms(query.ret)} ms the answer for prompt ${prompt.id} gave ${standing.engine.name} ` +
      `${standing.claimed} blocks; ${why}`,
    proof: answerProof(context, answer, standing, standing.claimed),
  };
}
