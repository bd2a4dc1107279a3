/** stream.replay-silent: replay requests without an answer. Evidence: replies that were swallowed. */
import { z } from "zod";
import type { Fault } from "../fault.js";
import { disturbReplies, needsReplay } from "./messages.js";

const parameters = z.strictObject({});
type Parameters = z.infer<typeof parameters>;

export const replaySilent: Fault<Parameters> = {
  kind: "stream.replay-silent",
  does: "Swallows every reply to replay requests",
  targets: ["engines"],
  needs: ["links"],
  parameters,
  impossible: needsReplay,
  inject: (world) => disturbReplies(world, "stream.replay-silent", { kind: "replay-silent" }, "swallowed"),
};
