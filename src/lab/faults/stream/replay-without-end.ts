/** stream.replay-without-end: replays without END. Evidence: ENDs that were swallowed. */
import { z } from "zod";
import type { Fault } from "../fault.js";
import { disturbReplies, needsReplay } from "./messages.js";

const parameters = z.strictObject({});
type Parameters = z.infer<typeof parameters>;

export const replayWithoutEnd: Fault<Parameters> = {
  kind: "stream.replay-without-end",
  does: "Swallows the END of replays: all batches come, and then nothing",
  targets: ["engines"],
  needs: ["links"],
  parameters,
  impossible: needsReplay,
  inject: (world) =>
    disturbReplies(world, "stream.replay-without-end", { kind: "replay-without-end" }, "swallowed (END)"),
};
