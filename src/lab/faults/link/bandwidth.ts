/** link.bandwidth: bytes pass at a rate. Evidence: bytes that had to wait for their turn. */
import { z } from "zod";
import { disturb } from "../disturbed-links.js";
import type { Fault } from "../fault.js";
import { ports } from "../link-parameters.js";

/** Less is how long any relay takes. */
const WAIT_MS = 5;

const parameters = z.strictObject({
  rate_kbit_per_s: z.number().gt(0).meta({ description: "Of each connection and direction" }),
  ports,
});
type Parameters = z.infer<typeof parameters>;

export const bandwidth: Fault<Parameters> = {
  kind: "link.bandwidth",
  does: "Narrows the links of engines: bytes pass at a rate, and what exceeds it waits",
  targets: ["engines"],
  needs: ["links"],
  parameters,
  inject(world, given) {
    return disturb(world, {
      kind: "link.bandwidth",
      disturbance: { kind: "bandwidth", kbitPerS: given.rate_kbit_per_s },
      ports: given.ports,
      bitesOn: "any",
      bites: ({ worstDelayMs, heldBytes }) =>
        worstDelayMs < WAIT_MS
          ? null
          : `bytes waited up to ${Math.round(worstDelayMs)} ms at ${given.rate_kbit_per_s} kbit/s, ${heldBytes} wait now`,
    });
  },
};
