/** stream.replay-reordered: live batches overtake replies, and replies each other. Evidence: how many and how late. */
import { z } from "zod";
import { duration } from "../../../base/duration.js";
import type { Fault } from "../fault.js";
import { disturbReplies, needsReplay } from "./messages.js";

const parameters = z.strictObject({
  by: duration.prefault("300ms").meta({ description: "How late replies come; the order within is mixed" }),
});
type Parameters = z.infer<typeof parameters>;

export const replayReordered: Fault<Parameters> = {
  kind: "stream.replay-reordered",
  does: "Lets live batches overtake replays, and the replies each other; END comes last",
  targets: ["engines"],
  needs: ["links"],
  parameters,
  impossible: needsReplay,
  inject: (world, given) =>
    disturbReplies(world, "stream.replay-reordered", { kind: "replay-reordered", byMs: given.by }, "reordered"),
};
