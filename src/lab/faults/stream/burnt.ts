/** stream.burnt: numbers that nobody ever gets. Evidence: how many were burnt; each is told to the judge. */
import { z } from "zod";
import type { Fault } from "../fault.js";
import { probability } from "../link-parameters.js";
import { disturbMessages, needsEvents } from "./messages.js";

const parameters = z.strictObject({ probability });
type Parameters = z.infer<typeof parameters>;

export const burnt: Fault<Parameters> = {
  kind: "stream.burnt",
  does: "Burns sequence numbers: missing live and in every replay, for good",
  targets: ["engines"],
  needs: ["links"],
  parameters,
  impossible: needsEvents,
  inject: (world, given) =>
    disturbMessages(world, "stream.burnt", { kind: "burn", probability: given.probability }, "burnt"),
};
