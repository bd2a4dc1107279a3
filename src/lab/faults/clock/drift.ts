/** clock.drift: engines' clocks run too fast or too slow. */
import { z } from "zod";
import type { Fault } from "../fault.js";
import { setClocks, signed, skewS } from "./clock-watch.js";

const parameters = z.strictObject({
  ppm: z
    .number()
    .min(-500_000)
    .max(500_000)
    .refine((ppm) => ppm !== 0, { error: "more or less than 0" })
    .default(20_000)
    .meta({ description: "Microseconds gained per second; negative: lost" }),
});

/** Long enough that the gain stands out from the time between stamping and looking. */
const MIN_SPAN_S = 0.5;
const SHOWN_SHARE = 0.5;

export const drift: Fault<z.infer<typeof parameters>> = {
  kind: "clock.drift",
  does: "Engines' event time stamps run away from the true time, a little more every second",
  targets: ["engines"],
  needs: ["engine.control"],
  parameters,
  inject: (world, { ppm }) =>
    setClocks(world, {
      setting: () => ({ drift_ppm: ppm }),
      shows({ first, latest }) {
        const span = latest.wall - first.wall;
        const gained = skewS(latest) - skewS(first);
        if (span < MIN_SPAN_S || (gained / span) * Math.sign(ppm) < (SHOWN_SHARE * Math.abs(ppm)) / 1e6) return null;
        return `${signed(gained)} in ${span.toFixed(1)} s`;
      },
    }),
};
