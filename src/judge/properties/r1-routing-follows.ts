/**
 * R1 routing follows the truth: when nothing but the prefix can decide (all loads 0; for dry runs, all equal) and some
 * engine certainly holds at least the policy's minimum match, the chosen engine held at least as much at some moment of
 * the window, and serves the prompt's model. The window is [sent − Δ, decided] for dry runs and [sent − Δ, sent] for
 * requests, because a request itself fills the cache of the engine that serves it. An engine may be weighed less when a part of
 * what its present life said is not to be had (an unreadable batch, one that left the replay ring or was never to be replayed
 * before anybody could hear it): what is known of it is known to be incomplete. Catches an index that is right and not
 * used, and two indexes that disagree.
 */
import type { RouteRecord } from "../history/records.js";
import type { Standing, Survey } from "../truth/survey.js";
import { chosenByRunner, needsRouting, type Property, round, unloaded } from "./property.js";

/** Sends of control runs are not meant to follow. */
const CONTROL_TAG = "control:";

export const routingFollows: Property = {
  id: "R1",
  title: "routing follows the truth",
  kind: "always",
  timed: true,
  statement: "With equal loads, the chosen engine holds as much of the prompt as any engine certainly does.",
  notApplicable(run) {
    return needsRouting(run) ?? (run.events === false ? "control run: the system under test gets no events" : null);
  },
  start: (context, tally) => ({
    route(route) {
      if (route.engine === undefined || chosenByRunner(route) || route.tag?.startsWith(CONTROL_TAG) === true) return;
      if (!(unloaded(route) || (route.dry && equalLoads(route)))) return;
      const survey = context.surveyRoute(route);
      if (survey === null || !survey.calm) return;
      const best = bestCertain(survey);
      const minimum = Math.max(1, context.run.policy.minMatchBlocks);
      if (best === null || best.certain < minimum) return;
      tally.opportunity();
      const chosen = survey.of(route.engine);
      const had = chosen !== undefined && chosen.engine.model === survey.prompt.model ? chosen.possible : 0;
      if (had >= best.certain) return;
      tally.violate({
        at: route.chosenAt,
        engine: route.engine,
        summary:
          `at ${context.ms(route.chosenAt)} ms prompt ${route.prompt} was ${route.dry ? "routed" : "sent"} to ${route.engine}, ` +
          `which held ${had} of its blocks; ${best.engine.name} certainly held ${best.certain}`,
        proof: {
          prompt: route.prompt,
          dry: route.dry,
          sentAtMs: context.ms(route.inv),
          decidedAtMs: context.ms(route.chosenAt),
          windowMs: round((survey.window.to - survey.window.from) / 1e6),
          claimedBlocks: route.claimedBlocks ?? null,
          loads: route.loads ?? null,
          held: Object.fromEntries(
            survey.standings.map((s) => [s.engine.name, { certain: s.certain, possible: s.possible }]),
          ),
        },
      });
    },
  }),
};

function equalLoads(route: RouteRecord): boolean {
  const loads = Object.values(route.loads ?? {});
  return loads.every((load) => load === loads[0]) && loads.length > 0;
}

/** The settled engine that certainly holds most of the prompt, of those of which no consumer knows that it missed something. */
export function bestCertain(survey: Survey): Standing | null {
  let best: Standing | null = null;
  for (const standing of survey.standings) {
    const { settled, engine, certain } = standing;
    const trusted = settled && !engine.partlyUnknowable;
    if (trusted && engine.model === survey.prompt.model && certain > (best?.certain ?? 0)) best = standing;
  }
  return best;
}
