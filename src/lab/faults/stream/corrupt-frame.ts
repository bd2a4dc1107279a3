/** stream.corrupt-frame: ZMTP frames that break the protocol. Evidence: how many did. */
import { z } from "zod";
import type { Fault } from "../fault.js";
import { probability } from "../link-parameters.js";
import { disturbMessages, needsEvents } from "./messages.js";

const parameters = z.strictObject({
  what: z.enum(["length", "flags", "greeting", "multipart-cut"]).meta({
    description:
      "length: the payload frame claims too much. flags: reserved and wrong size. greeting: none that ZMTP knows, all connections made anew. multipart-cut: the last frame is missing",
  }),
  probability: probability.default(0.1),
});
type Parameters = z.infer<typeof parameters>;

export const corruptFrame: Fault<Parameters> = {
  kind: "stream.corrupt-frame",
  does: "Breaks the ZMTP frames of event messages, or the greeting of new connections",
  targets: ["engines"],
  needs: ["links"],
  parameters,
  impossible: needsEvents,
  inject: (world, given) =>
    disturbMessages(world, "stream.corrupt-frame", { kind: "corrupt-frame", ...given }, "broken"),
};
