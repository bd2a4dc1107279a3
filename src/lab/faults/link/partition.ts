/** link.partition: engines are cut off. Evidence: links on which bytes wait and nothing passes, or ports that refuse. */
import { z } from "zod";
import { disturb } from "../disturbed-links.js";
import type { Fault } from "../fault.js";
import { direction, directionsOf, ports } from "../link-parameters.js";

/** Shorter silences are ordinary pauses of a stream. */
const SILENCE_MS = 300;

const parameters = z.strictObject({
  how: z.enum(["silence", "reset"]).default("silence").meta({
    description: "silence: packets vanish, connections stay half-open. reset: connections are reset and refused",
  }),
  direction,
  ports,
});
type Parameters = z.infer<typeof parameters>;

export const partition: Fault<Parameters> = {
  kind: "link.partition",
  does: "Cuts the links between engines and the gateway: silently in one or both directions, or with resets",
  targets: ["engines"],
  needs: ["links"],
  parameters,
  impossible: ({ how, direction: way }) =>
    how === "reset" && way !== "both" ? "a reset ends both directions; drop direction" : null,
  inject(world, given) {
    const directions = directionsOf(given.direction);
    if (given.how === "reset") {
      return disturb(world, {
        kind: "link.partition",
        disturbance: { kind: "refuse", reset: true },
        ports: given.ports,
        bitesOn: "all",
        bites: ({ reset }) => (reset > 0 ? `${reset} connections reset` : null),
        dialled: "refuses",
      });
    }
    return disturb(world, {
      kind: "link.partition",
      disturbance: { kind: "silence", directions },
      ports: given.ports,
      bitesOn: "all",
      bites({ silentMs, heldBytes, worstDelayMs, accepted, open }) {
        const silent = Math.round(Math.min(...directions.map((way) => silentMs[way])));
        const waited = heldBytes > 0 || accepted > 0 || worstDelayMs >= SILENCE_MS;
        if (!waited || Math.max(silent, worstDelayMs) < SILENCE_MS) return null;
        return `${open} links silent for ${Math.max(silent, Math.round(worstDelayMs))} ms, ${heldBytes} bytes waiting`;
      },
    });
  },
};
