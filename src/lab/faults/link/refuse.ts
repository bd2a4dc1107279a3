/** link.refuse: nobody listens any more; what is connected stays. Evidence: new connections are refused. */
import { z } from "zod";
import { disturb } from "../disturbed-links.js";
import type { Fault } from "../fault.js";
import { ports } from "../link-parameters.js";

const parameters = z.strictObject({ ports });
type Parameters = z.infer<typeof parameters>;

export const refuse: Fault<Parameters> = {
  kind: "link.refuse",
  does: "Refuses new connections to the ports of engines and leaves those alone that are up",
  targets: ["engines"],
  needs: ["links"],
  parameters,
  inject: (world, { ports: names }) =>
    disturb(world, {
      kind: "link.refuse",
      disturbance: { kind: "refuse", reset: false },
      ports: names,
      bitesOn: "all",
      bites: ({ open }) => `${open} connections left alone`,
      dialled: "refuses",
    }),
};
