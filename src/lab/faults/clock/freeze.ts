/** clock.freeze: engines' clocks stand still while they go on publishing. */
import { z } from "zod";
import type { Fault } from "../fault.js";
import { setClocks } from "./clock-watch.js";

const parameters = z.strictObject({});

/** The true time that passed between two batches of one stamp; less could be two batches of one moment. */
const MIN_SPAN_S = 0.2;

export const freeze: Fault<z.infer<typeof parameters>> = {
  kind: "clock.freeze",
  does: "All batches bear the same event time stamp",
  targets: ["engines"],
  needs: ["engine.control"],
  parameters,
  inject: (world) =>
    setClocks(world, {
      setting: () => ({ freeze: true }),
      shows({ first, latest }) {
        const span = latest.wall - first.wall;
        if (span < MIN_SPAN_S || latest.ts !== first.ts) return null;
        return `batches ${first.seq} and ${latest.seq}, ${span.toFixed(1)} s apart, bear the same time`;
      },
    }),
};
