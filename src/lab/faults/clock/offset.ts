/** clock.offset: engines stamp their batches minutes off, as pods do on nodes whose clocks disagree. */
import { z } from "zod";
import { duration } from "../../../base/duration.js";
import type { Fault } from "../fault.js";
import { setClocks, signed, skewS } from "./clock-watch.js";

const parameters = z.strictObject({
  by: duration.prefault("10m").meta({ description: "How far off" }),
  direction: z
    .enum(["ahead", "behind", "alternate"])
    .default("ahead")
    .meta({ description: "alternate: every other engine is behind, so that two differ by twice as much" }),
});
type Parameters = z.infer<typeof parameters>;

/** Of the offset; the rest is the time between stamping and looking. */
const SHOWN_SHARE = 0.9;

export const offset: Fault<Parameters> = {
  kind: "clock.offset",
  does: "Engines' event time stamps are off by a fixed time",
  targets: ["engines"],
  needs: ["engine.control"],
  parameters,
  inject: (world, given) =>
    setClocks(world, {
      setting: (i) => ({ offset_ms: offsetMs(given, i) }),
      shows({ latest }, i) {
        const skew = skewS(latest);
        const wanted = offsetMs(given, i) / 1000;
        return skew * Math.sign(wanted) >= SHOWN_SHARE * Math.abs(wanted) ? signed(skew) : null;
      },
    }),
};

function offsetMs({ by, direction }: Parameters, index: number): number {
  const behind = direction === "behind" || (direction === "alternate" && index % 2 === 1);
  return behind ? -by : by;
}
