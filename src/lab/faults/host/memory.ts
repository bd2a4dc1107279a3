/** host.memory: memory that is taken from the machine, far from taking all. What the stressor really holds is the effect. */
import { z } from "zod";
import type { Fault } from "../fault.js";
import { hostOf, strainAsFault } from "./strain.js";

const parameters = z.strictObject({
  megabytes: z
    .int()
    .min(16)
    .max(65_536)
    .default(512)
    .meta({ description: "MiB to hold; more than half of what is available is refused" }),
});

export const memory: Fault<z.infer<typeof parameters>> = {
  kind: "host.memory",
  does: "A process holds memory of the machine and keeps touching it",
  targets: ["host"],
  needs: ["host.memory"],
  parameters,
  inject: (world, given) => strainAsFault(hostOf(world).fillMemory(given)),
};
