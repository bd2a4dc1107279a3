/**
 * isolated-departure: from the moment an engine is removed, no request is sent to it any more; and requests that begin
 * within Δ_restart of any departure (removal, kill, death) are all answered with a 2xx status, by the engines that remain.
 */
import { needsRouting, type Property } from "./property.js";

export const isolatedDeparture: Property = {
  id: "isolated-departure",
  title: "a departure harms nobody",
  kind: "scenario",
  statement: "Nothing is sent to an engine that left, and requests around a departure are served by the others.",
  notApplicable: needsRouting,
  start(context, tally) {
    const { departureNs } = context.truth.bounds;
    const departures: number[] = [];
    return {
      member(record) {
        if (record.event === "removed") departures.push(record.at);
      },
      engine(record) {
        if (record.event === "killed" || record.event === "down") departures.push(record.at);
      },
      route(route) {
        if (route.dry) return;
        const near = departures.some((at) => route.ret >= at && route.inv <= at + departureNs);
        const engine = route.engine === undefined ? undefined : context.truth.engine(route.engine);
        const gone = engine !== undefined && !engine.member && route.inv > engine.removedAt;
        if (!near && !gone) return;
        tally.opportunity();
        const ok = route.error === undefined && (route.status ?? 0) >= 200 && (route.status ?? 0) < 300;
        if (ok && !gone) return;
        tally.violate({
          at: route.at,
          ...(route.engine === undefined ? {} : { engine: route.engine }),
          summary: gone
            ? `prompt ${route.prompt} was sent at ${context.ms(route.inv)} ms to ${route.engine}, removed at ${context.ms(engine.removedAt)} ms`
            : `around a departure, the request for prompt ${route.prompt} was not served: ${route.error ?? `status ${route.status ?? "none"}`}`,
          proof: {
            prompt: route.prompt,
            sentAtMs: context.ms(route.inv),
            endedAtMs: context.ms(route.ret),
            status: route.status ?? null,
          },
        });
      },
    };
  },
};
