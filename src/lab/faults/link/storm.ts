/** link.storm: all connections are reset again and again. Evidence: how many were. */
import { z } from "zod";
import { duration } from "../../../base/duration.js";
import { disturb } from "../disturbed-links.js";
import type { Fault } from "../fault.js";
import { ports } from "../link-parameters.js";

const parameters = z.strictObject({
  every: duration.prefault("200ms").meta({ description: "Between two resets of everything" }),
  ports,
});
type Parameters = z.infer<typeof parameters>;

export const storm: Fault<Parameters> = {
  kind: "link.storm",
  does: "Resets every connection of engines again and again, so that all reconnect at once",
  targets: ["engines"],
  needs: ["links"],
  parameters,
  impossible: ({ every }) => (every < 10 ? "less than 10ms between two resets leaves no time to connect" : null),
  inject: (world, { every, ports: names }) =>
    disturb(world, {
      kind: "link.storm",
      disturbance: { kind: "storm", everyMs: every },
      ports: names,
      bitesOn: "all",
      bites: ({ reset, accepted }) => (reset < 2 ? null : `${reset} connections reset, ${accepted} made anew`),
    }),
};
