/** stream.reorder: live messages are overtaken by later ones. Evidence: how many were. */
import { z } from "zod";
import type { Fault } from "../fault.js";
import { probability } from "../link-parameters.js";
import { disturbMessages, needsEvents } from "./messages.js";

const parameters = z.strictObject({
  probability,
  distance: z.int().min(1).max(1000).default(3).meta({ description: "Later messages that go first" }),
});
type Parameters = z.infer<typeof parameters>;

export const reorder: Fault<Parameters> = {
  kind: "stream.reorder",
  does: "Lets later event messages overtake earlier ones",
  targets: ["engines"],
  needs: ["links"],
  parameters,
  impossible: needsEvents,
  inject: (world, given) => disturbMessages(world, "stream.reorder", { kind: "reorder", ...given }, "overtaken"),
};
