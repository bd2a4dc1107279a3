/** host.cpu: burners on all cores, so that everything else gets less. Their measured share of the cores is the effect. */
import { z } from "zod";
import type { Fault } from "../fault.js";
import { hostOf, strainAsFault } from "./strain.js";

const parameters = z.strictObject({
  workers: z.int().min(1).max(64).default(4).meta({ description: "Burners" }),
  load: z.int().min(1).max(100).default(100).meta({ description: "Share of the time that each burns, in percent" }),
});

export const cpu: Fault<z.infer<typeof parameters>> = {
  kind: "host.cpu",
  does: "Burners compete for all cores of the machine",
  targets: ["host"],
  needs: ["host.cpu"],
  parameters,
  inject: (world, { workers, load }) => strainAsFault(hostOf(world).burnCpu({ workers, loadPercent: load })),
};
