/** stream.corrupt-payload: payloads of live messages cannot be decoded. Evidence: how many were broken. */
import { z } from "zod";
import type { Fault } from "../fault.js";
import { probability } from "../link-parameters.js";
import { disturbMessages, needsEvents } from "./messages.js";

const parameters = z.strictObject({ probability });
type Parameters = z.infer<typeof parameters>;

export const corruptPayload: Fault<Parameters> = {
  kind: "stream.corrupt-payload",
  does: "Breaks the payload of live event messages so that no reader can decode it; a replay still has them whole",
  targets: ["engines"],
  needs: ["links"],
  parameters,
  impossible: needsEvents,
  inject: (world, given) =>
    disturbMessages(
      world,
      "stream.corrupt-payload",
      { kind: "corrupt-payload", probability: given.probability },
      "broken",
    ),
};
