/** served: every request of the workload is answered with a 2xx status, as long as the runner has a way to ask. */
import { NS_PER_MS } from "../../base/clock.js";
import { type MarkRecord, OWN_ROAD_MARK, type RouteRecord } from "../history/records.js";
import { chosenByRunner, needsRouting, type Property } from "./property.js";

/** Requests break before the runner notices that its own way to the system is cut. */
const NOTICED_WITHIN_NS = 1_000 * NS_PER_MS;

export const served: Property = {
  id: "served",
  title: "every request is served",
  kind: "scenario",
  statement: "Every request is answered with a 2xx status, as long as the runner's own way to the system is not cut.",
  notApplicable: needsRouting,
  start: (context, tally) => {
    /** Of the last second: nobody is accused before it is known whose fault it was. */
    const failures: RouteRecord[] = [];
    let cutOff = false;
    const accuse = (route: RouteRecord): void => {
      const outcome = outcomeOf(route);
      tally.opportunity();
      tally.violate({
        at: route.at,
        ...(route.engine === undefined ? {} : { engine: route.engine }),
        summary: `the request for prompt ${route.prompt}, sent at ${context.ms(route.inv)} ms, was not served: ${outcome}`,
        proof: { prompt: route.prompt, sentAtMs: context.ms(route.inv), endedAtMs: context.ms(route.ret), outcome },
      });
    };
    const accuseUntil = (at: number): void => {
      for (let first = failures[0]; first !== undefined && first.at < at; first = failures[0]) {
        failures.shift();
        accuse(first);
      }
    };
    const excuse = (requests: number): void => {
      if (requests > 0) tally.count("lost_on_the_runners_own_way", requests);
    };
    return {
      mark(mark) {
        if (cutOff || !isCut(mark) || !context.truth.disturbances.calmEverywhere(mark.at)) return;
        cutOff = true;
        accuseUntil(mark.at - NOTICED_WITHIN_NS);
        excuse(failures.length);
        failures.length = 0;
      },
      route(route) {
        accuseUntil(route.at - NOTICED_WITHIN_NS);
        if (route.dry || (chosenByRunner(route) && route.error === undefined)) return;
        if (isServed(route)) {
          tally.opportunity();
          tally.count("served");
        } else if (cutOff) excuse(1);
        else failures.push(route);
      },
      finish: () => accuseUntil(Number.POSITIVE_INFINITY),
    };
  },
};

function isServed({ error, status }: RouteRecord): boolean {
  return error === undefined && status !== undefined && status >= 200 && status < 300;
}

function outcomeOf({ error, status }: RouteRecord): string {
  return error ?? `status ${status ?? "none"}`;
}

function isCut({ name, unasked }: MarkRecord): boolean {
  return name === OWN_ROAD_MARK && unasked === true;
}
