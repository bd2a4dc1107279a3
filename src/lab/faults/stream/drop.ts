/** stream.drop: live messages vanish. Evidence: how many did. */
import { z } from "zod";
import type { Fault } from "../fault.js";
import { probability } from "../link-parameters.js";
import { disturbMessages, needsEvents } from "./messages.js";

const parameters = z.strictObject({ probability });
type Parameters = z.infer<typeof parameters>;

export const drop: Fault<Parameters> = {
  kind: "stream.drop",
  does: "Loses live event messages; a replay still has them",
  targets: ["engines"],
  needs: ["links"],
  parameters,
  impossible: needsEvents,
  inject: (world, given) =>
    disturbMessages(world, "stream.drop", { kind: "drop", probability: given.probability }, "dropped"),
};
