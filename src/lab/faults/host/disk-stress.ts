/** host.disk-stress: writers with fsync beside the run's own files. Bytes really written, and how long an fsync takes beside them, are the effect. */
import { z } from "zod";
import type { Fault } from "../fault.js";
import { hostOf, strainAsFault } from "./strain.js";

const parameters = z.strictObject({
  workers: z.int().min(1).max(16).default(2).meta({ description: "Writers" }),
  megabytes: z.int().min(8).max(1024).default(64).meta({ description: "MiB on disk per writer at most" }),
});

export const diskStress: Fault<z.infer<typeof parameters>> = {
  kind: "host.disk-stress",
  does: "Writers with fsync keep the disk of the run directory busy",
  targets: ["host"],
  needs: ["host.disk-stress"],
  parameters,
  inject: (world, given) => strainAsFault(hostOf(world).stressDisk(given)),
};
