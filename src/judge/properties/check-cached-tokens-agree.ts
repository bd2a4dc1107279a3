/**
 * cached-tokens-agree: for a request sent while no engine had other work, what the router claimed agrees with what the engine
 * reports as taken from its cache: cached_tokens = min(claimed blocks, ⌊(prompt tokens − 1) / block size⌋) × block size,
 * because an engine always computes the last token itself. Exact, no tolerance; but only where the engine's cache of the
 * prompt did not change within [sent − Δ, sent] and lost nothing until the first byte; where the engine reports more than it
 * held when the request was sent, others filled its cache in between. For engines with one rank, since a claim is that of
 * the best rank.
 */
import type { RouteRecord } from "../history/records.js";
import { throughoutPrefix } from "../truth/prefix.js";
import type { Property } from "./property.js";
import { unloaded } from "./property.js";

type Reported = RouteRecord & { engine: string; claimedBlocks: number; cachedTokens: number };

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
      if (!isReported(route) || !unloaded(route)) return;
      const survey = context.surveyRoute(route);
      const standing = survey?.of(route.engine);
      if (survey?.calm !== true || standing?.settled !== true || standing.engine.streams.length > 1) return;
      const held = standing.certain;
      if (held !== standing.possible) return;
      const { chain, window } = survey;
      const kept = standing.best((holder) => throughoutPrefix(holder, chain, held, window.from, route.chosenAt));
      if (kept < held) return;
      const { blockSize } = context.run.models[survey.prompt.model] ?? { blockSize: 0 };
      const promptTokens = route.promptTokens ?? survey.prompt.tokens;
      const reusable = Math.floor((promptTokens - 1) / blockSize);
      const expected = Math.min(route.claimedBlocks, reusable) * blockSize;
      if (route.cachedTokens > Math.min(held, reusable) * blockSize) return;
      tally.opportunity();
      if (route.cachedTokens === expected) return;
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

function isReported(route: RouteRecord): route is Reported {
  const complete = route.engine !== undefined && route.claimedBlocks !== undefined && route.cachedTokens !== undefined;
  return complete && !route.dry && route.error === undefined;
}
