/** Parameters that faults of links share. */
import { z } from "zod";
import { LINK_PORTS, type LinkDirection } from "../links.js";

export const ports = z
  .array(z.enum(["events", "replay", "http"]))
  .min(1)
  .default([...LINK_PORTS])
  .meta({ description: "Which of the engine's ports" });

export const direction = z
  .enum(["both", "to-gateway", "to-engine"])
  .default("both")
  .meta({ description: "to-gateway: what engines send. to-engine: what is sent to them" });

export const probability = z
  .number()
  .gt(0)
  .max(1)
  .meta({ description: "Share of messages that it hits; the seed decides which" });

export function directionsOf(given: "both" | LinkDirection): readonly LinkDirection[] {
  return given === "both" ? ["to-gateway", "to-engine"] : [given];
}
