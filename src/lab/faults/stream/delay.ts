/** stream.delay: single messages are late while later ones pass. Evidence: how many were. */
import { z } from "zod";
import { duration } from "../../../base/duration.js";
import type { Fault } from "../fault.js";
import { probability } from "../link-parameters.js";
import { disturbMessages, needsEvents } from "./messages.js";

const parameters = z.strictObject({
  probability,
  by: duration.prefault("500ms").meta({ description: "How late they come" }),
});
type Parameters = z.infer<typeof parameters>;

export const streamDelay: Fault<Parameters> = {
  kind: "stream.delay",
  does: "Holds single event messages back while later ones pass",
  targets: ["engines"],
  needs: ["links"],
  parameters,
  impossible: needsEvents,
  inject: (world, given) =>
    disturbMessages(
      world,
      "stream.delay",
      { kind: "late", probability: given.probability, byMs: given.by },
      "held back",
    ),
};
