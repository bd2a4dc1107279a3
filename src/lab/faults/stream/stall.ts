/** stream.stall: the stream stops in the middle of a message. Evidence: messages that got stuck. */
import { z } from "zod";
import type { Fault } from "../fault.js";
import { disturbMessages, needsEvents } from "./messages.js";

const parameters = z.strictObject({});
type Parameters = z.infer<typeof parameters>;

export const stall: Fault<Parameters> = {
  kind: "stream.stall",
  does: "Stops every event connection in the middle of a message and keeps it open",
  targets: ["engines"],
  needs: ["links"],
  parameters,
  impossible: needsEvents,
  inject: (world) => disturbMessages(world, "stream.stall", { kind: "stall" }, "stuck"),
};
