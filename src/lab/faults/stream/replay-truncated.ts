/** stream.replay-truncated: replays that end too early. Evidence: replies that were cut off. */
import { z } from "zod";
import type { Fault } from "../fault.js";
import { disturbReplies, needsReplay } from "./messages.js";

const parameters = z.strictObject({ keep: z.int().min(0).default(2).meta({ description: "Batches that still come" }) });
type Parameters = z.infer<typeof parameters>;

export const replayTruncated: Fault<Parameters> = {
  kind: "stream.replay-truncated",
  does: "Ends replays after a few batches, with an END as if that were all",
  targets: ["engines"],
  needs: ["links"],
  parameters,
  impossible: needsReplay,
  inject: (world, given) =>
    disturbReplies(world, "stream.replay-truncated", { kind: "replay-truncated", keep: given.keep }, "cut off"),
};
