/**
 * cached-tokens-agree: for a request sent while no engine had other work, what the router claimed agrees with what the engine
 * reports as taken from its cache: cached_tokens = min(claimed blocks, ⌊(prompt tokens − 1) / block size⌋) × block size,
 * because an engine always computes the last token itself. Exact, no tolerance; but only where the engine's cache of the
 * prompt did not change within [sent − Δ, sent] and lost nothing until the first byte; where the engine reports more than it
 * held when the request was sent, others filled its cache in between. Of an engine with several ranks the claim is that of the
 * best one, and a router need not pin it: there another rank's share is no violation.
 *
 * A real engine is hardly ever alone at work and has no ledger beside this: its answers are compared under load, too, where its cache
 * of the prompt did not change until the last byte.
 *
 * Every answer that cannot be compared is counted by the name of its exception.
 */
import type { RouteRecord } from "../history/records.js";
import { possiblePrefix, throughoutPrefix } from "../truth/prefix.js";
import type { Standing, Survey } from "../truth/survey.js";
import type { JudgeContext, Property } from "./property.js";
import { unloaded } from "./property.js";

type Reported = RouteRecord & { engine: string; claimedBlocks: number; cachedTokens: number };

/** Why an answer says nothing about the claim. */
type Exception =
  | "others_at_work"
  | "disturbed_or_settling"
  | "cache_changed_meanwhile"
  | "filled_by_others_meanwhile"
  | "taken_by_another_rank";

interface Compared {
  readonly blockSize: number;
  readonly promptTokens: number;
  readonly expected: number;
  readonly held: number;
  /** The claim goes beyond what a request can use, by the last token's block. */
  readonly lastBlock: boolean;
}

export const cachedTokensAgree: Property = {
  id: "cached-tokens-agree",
  title: "claims agree with cached_tokens",
  kind: "scenario",
  statement: "The match that the router claimed is what the engine took from its cache.",
  notApplicable(run) {
    const { match, proxy } = run.sut.capabilities;
    return match || proxy ? null : "the system under test claims no matches";
  },
  start: (context, tally) => ({
    route(route) {
      if (!isReported(route)) return;
      const found = compared(context, route);
      if (typeof found === "string") return tally.count(found);
      tally.opportunity();
      const { blockSize, promptTokens, expected, held, lastBlock } = found;
      if (route.cachedTokens === expected) return tally.count(lastBlock ? "agreed_but_for_the_last_block" : "agreed");
      tally.violate({
        at: route.at,
        engine: route.engine,
        summary: `prompt ${route.prompt} was claimed to have ${route.claimedBlocks} blocks on ${route.engine}, so ${expected} cached tokens; the engine reports ${route.cachedTokens}`,
        proof: {
          prompt: route.prompt,
          claimedBlocks: route.claimedBlocks,
          blockSize,
          promptTokens,
          expected,
          cachedTokens: route.cachedTokens,
          heldBlocks: held,
          sentAtMs: context.ms(route.inv),
        },
      });
    },
  }),
};

function compared(context: JudgeContext, route: Reported): Compared | Exception {
  const alone = unloaded(route);
  if (!alone && context.truth.engine(route.engine)?.real !== true) return "others_at_work";
  const survey = context.surveyRoute(route);
  const standing = survey?.of(route.engine);
  if (survey?.calm !== true || standing?.settled !== true) return "disturbed_or_settling";
  const held = standing.certain;
  if (held !== standing.possible) return "cache_changed_meanwhile";
  const { chain, window } = survey;
  const until = alone ? route.chosenAt : route.ret;
  const kept = standing.best((holder) => throughoutPrefix(holder, chain, held, window.from, until));
  if (kept < held) return "cache_changed_meanwhile";
  const { blockSize } = context.run.models[survey.prompt.model] ?? { blockSize: 0 };
  const promptTokens = route.promptTokens ?? survey.prompt.tokens;
  const reusable = Math.floor((promptTokens - 1) / blockSize);
  if (route.cachedTokens > Math.min(held, reusable) * blockSize) return "filled_by_others_meanwhile";
  const expected = Math.min(route.claimedBlocks, reusable) * blockSize;
  if (route.cachedTokens !== expected && anotherRanks(standing, survey, route.cachedTokens / blockSize, until))
    return "taken_by_another_rank";
  return { blockSize, promptTokens, expected, held, lastBlock: route.claimedBlocks > reusable };
}

/** Some rank had `blocks` to give when the request came to it, at some moment until then. */
function anotherRanks({ engine }: Standing, survey: Survey, blocks: number, until: number): boolean {
  if (engine.streams.length < 2) return false;
  const { chain, prompt, window } = survey;
  const had = ({ holder }: (typeof engine.streams)[number]): boolean =>
    blocks >= throughoutPrefix(holder, chain, prompt.blocks, window.from, until) &&
    blocks <= possiblePrefix(holder, chain, prompt.blocks, window.from, until);
  // A rank that never published has nothing.
  return blocks === 0 || engine.streams.some(had);
}

function isReported(route: RouteRecord): route is Reported {
  const complete = route.engine !== undefined && route.claimedBlocks !== undefined && route.cachedTokens !== undefined;
  return complete && !route.dry && route.error === undefined;
}
