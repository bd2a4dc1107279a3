/** clock.step: engines' clocks are set back while they publish, as NTP does to a clock that ran ahead. */
import { z } from "zod";
import { duration } from "../../../base/duration.js";
import type { Fault } from "../fault.js";
import { setClocks, signed } from "./clock-watch.js";

const parameters = z.strictObject({
  back: duration.prefault("30s").meta({ description: "How far back" }),
});

export const step: Fault<z.infer<typeof parameters>> = {
  kind: "clock.step",
  does: "Engines' event time stamps jump back in the middle of the stream: a later batch bears an earlier time",
  targets: ["engines"],
  needs: ["engine.control"],
  parameters,
  inject: (world, { back }) =>
    setClocks(world, {
      setting: () => ({ offset_ms: -back }),
      shows({ before, latest }) {
        if (before === null || latest.ts >= before.ts) return null;
        return `batch ${latest.seq} bears a time ${signed(latest.ts - before.ts)} from batch ${before.seq}`;
      },
    }),
};
