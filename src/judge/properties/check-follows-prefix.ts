/**
 * follows-prefix: among the sends of one prompt tagged `follow:<n>`, every send but the first goes, when no engine has other
 * work, to an engine that had as much of the prompt as any engine certainly had. Every one, not most: with all loads 0
 * nothing else may decide. Judged on the real request, at the engine that served it.
 */
import { chosenByRunner, needsRouting, type Property, unloaded } from "./property.js";
import { bestCertain } from "./r1-routing-follows.js";

const TAG = "follow:";

export const followsPrefix: Property = {
  id: "follows-prefix",
  title: "the second sending follows the prefix",
  kind: "scenario",
  statement: "A prompt that is sent again is served by an engine that holds its prefix.",
  notApplicable: needsRouting,
  start(context, tally) {
    const sends = new Map<string, number>();
    return {
      route(route) {
        if (route.tag?.startsWith(TAG) !== true || route.engine === undefined) return;
        const earlier = sends.get(route.tag) ?? 0;
        sends.set(route.tag, earlier + 1);
        if (earlier === 0 || chosenByRunner(route) || !unloaded(route)) return;
        const survey = context.surveyRoute(route);
        const best = survey?.calm === true ? bestCertain(survey) : null;
        if (survey === null || best === null || best.certain < Math.max(1, context.run.policy.minMatchBlocks)) return;
        tally.opportunity();
        const had = survey.of(route.engine)?.possible ?? 0;
        if (had >= best.certain) {
          tally.count("followed");
          return;
        }
        tally.violate({
          at: route.chosenAt,
          engine: route.engine,
          summary: `send ${earlier + 1} of prompt ${route.prompt} (${route.tag}) was served by ${route.engine}, which held ${had} blocks; ${best.engine.name} held ${best.certain}`,
          proof: {
            tag: route.tag,
            send: earlier + 1,
            sentAtMs: context.ms(route.inv),
            had,
            best: best.certain,
            on: best.engine.name,
          },
        });
      },
    };
  },
};
