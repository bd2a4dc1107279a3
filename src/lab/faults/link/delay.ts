/** link.delay: everything is late. Evidence: the longest time that bytes waited for it. */
import { z } from "zod";
import { duration } from "../../../base/duration.js";
import { disturb } from "../disturbed-links.js";
import type { Fault } from "../fault.js";
import { direction, directionsOf, ports } from "../link-parameters.js";

const parameters = z.strictObject({
  latency: duration.meta({ description: "Added to each direction" }),
  jitter: duration.prefault("0s").meta({ description: "Spread around the latency, evenly; order is kept" }),
  direction,
  ports,
});
type Parameters = z.infer<typeof parameters>;

export const delay: Fault<Parameters> = {
  kind: "link.delay",
  does: "Adds latency and jitter to the links of engines, as a long way does",
  targets: ["engines"],
  needs: ["links"],
  parameters,
  inject(world, { latency, jitter, ports: names, direction: way }) {
    const least = Math.max(1, latency - jitter);
    return disturb(world, {
      kind: "link.delay",
      disturbance: { kind: "delay", latencyMs: latency, jitterMs: jitter, directions: directionsOf(way) },
      ports: names,
      bitesOn: "all",
      bites: ({ worstDelayMs }) =>
        worstDelayMs >= least ? `bytes were late by up to ${Math.round(worstDelayMs)} ms` : null,
    });
  },
};
