/** stream.duplicate: live messages come twice. Evidence: how many did. */
import { z } from "zod";
import type { Fault } from "../fault.js";
import { probability } from "../link-parameters.js";
import { disturbMessages, needsEvents } from "./messages.js";

const parameters = z.strictObject({ probability });
type Parameters = z.infer<typeof parameters>;

export const duplicate: Fault<Parameters> = {
  kind: "stream.duplicate",
  does: "Delivers live event messages twice",
  targets: ["engines"],
  needs: ["links"],
  parameters,
  impossible: needsEvents,
  inject: (world, given) =>
    disturbMessages(world, "stream.duplicate", { kind: "duplicate", probability: given.probability }, "doubled"),
};
