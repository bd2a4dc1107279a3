/** stream.replay-slow: replies one by one, slowly. Evidence: how late they were. */
import { z } from "zod";
import { duration } from "../../../base/duration.js";
import type { Fault } from "../fault.js";
import { disturbReplies, needsReplay } from "./messages.js";

const parameters = z.strictObject({ every: duration.prefault("50ms").meta({ description: "Between two replies" }) });
type Parameters = z.infer<typeof parameters>;

export const replaySlow: Fault<Parameters> = {
  kind: "stream.replay-slow",
  does: "Lets replies to replay requests come slowly, one after the other",
  targets: ["engines"],
  needs: ["links"],
  parameters,
  impossible: needsReplay,
  inject: (world, given) =>
    disturbReplies(world, "stream.replay-slow", { kind: "replay-slow", everyMs: given.every }, "slowed"),
};
