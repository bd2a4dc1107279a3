/** link.blackhole: connections are accepted and nothing is ever said. Evidence: what was sent into it. */
import { z } from "zod";
import { disturb } from "../disturbed-links.js";
import type { Fault } from "../fault.js";
import { ports } from "../link-parameters.js";

const parameters = z.strictObject({ ports });
type Parameters = z.infer<typeof parameters>;

export const blackhole: Fault<Parameters> = {
  kind: "link.blackhole",
  does: "Swallows what is sent on the ports of engines: connections are accepted and never answered",
  targets: ["engines"],
  needs: ["links"],
  parameters,
  inject: (world, { ports: names }) =>
    disturb(world, {
      kind: "link.blackhole",
      disturbance: { kind: "blackhole" },
      ports: names,
      bitesOn: "any",
      bites: ({ lostBytes, accepted }) =>
        lostBytes === 0 ? null : `${lostBytes} bytes swallowed, ${accepted} new connections unanswered`,
    }),
};
