/**
 * control-does-not-follow: with events disabled, a prompt's next sending (tag `control:<n>`) must not reach the engine that
 * served it before more often than chance allows: 1/engines on average, plus three standard deviations. If it does, the
 * experiment that shows routing to follow events shows nothing. Where so few were sent that even "always" is within chance,
 * the check is unknown.
 */
import { chosenByRunner, type Property, round } from "./property.js";

const TAG = "control:";
const SIGMAS = 3;

export const controlDoesNotFollow: Property = {
  id: "control-does-not-follow",
  title: "without events, routing does not follow",
  kind: "scenario",
  statement: "With events disabled, a prompt returns to the engine that holds it no more often than by chance.",
  /** A router that is only asked sees no load of ours: among equals it may always name the same engine. */
  notApplicable: (run) =>
    run.sut.capabilities.proxy
      ? null
      : "the system under test does not serve the requests, so its choice among equals tells nothing",
  start(context, tally) {
    const servedBy = new Map<string, string>();
    let followed = 0;
    let expected = 0;
    let variance = 0;
    let endAt = 0;
    return {
      route(route) {
        if (route.tag?.startsWith(TAG) !== true || route.engine === undefined || chosenByRunner(route)) return;
        endAt = route.at;
        const before = servedBy.get(route.tag);
        servedBy.set(route.tag, route.engine);
        if (before === undefined) return;
        const prompt = context.truth.prompts.get(route.prompt);
        const engines = context.truth.enginesOf(prompt.model).filter((engine) => engine.ready).length;
        if (engines < 2) return;
        tally.opportunity();
        if (before === route.engine) followed++;
        expected += 1 / engines;
        variance += (1 / engines) * (1 - 1 / engines);
      },
      finish() {
        const sent = tally.opportunities;
        if (sent === 0) return;
        const limit = expected + SIGMAS * Math.sqrt(variance);
        Object.assign(tally.measured, { sent, followed, expected: round(expected, 1), limit: round(limit, 1) });
        if (limit >= sent) tally.unknownBecause = `${sent} repeated sends are too few to tell following from chance`;
        else if (followed > limit) {
          tally.violate({
            at: endAt,
            summary: `without events, ${followed} of ${sent} repeated sends reached the same engine; chance allows ${round(limit, 1)}`,
            proof: { sent, followed, expected: round(expected, 1), limit: round(limit, 1) },
          });
        }
      },
    };
  },
};
