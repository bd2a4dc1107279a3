/** served: every request of the workload is answered with a 2xx status. */
import { chosenByRunner, needsRouting, type Property } from "./property.js";

export const served: Property = {
  id: "served",
  title: "every request is served",
  kind: "scenario",
  statement: "Every request is answered with a 2xx status.",
  notApplicable: needsRouting,
  start: (context, tally) => ({
    route(route) {
      if (route.dry || (chosenByRunner(route) && route.error === undefined)) return;
      tally.opportunity();
      const ok = route.error === undefined && route.status !== undefined && route.status >= 200 && route.status < 300;
      if (ok) {
        tally.count("served");
        return;
      }
      const outcome = route.error ?? `status ${route.status ?? "none"}`;
      tally.violate({
        at: route.at,
        ...(route.engine === undefined ? {} : { engine: route.engine }),
        summary: `the request for prompt ${route.prompt}, sent at ${context.ms(route.inv)} ms, was not served: ${outcome}`,
        proof: { prompt: route.prompt, sentAtMs: context.ms(route.inv), endedAtMs: context.ms(route.ret), outcome },
      });
    },
  }),
};
