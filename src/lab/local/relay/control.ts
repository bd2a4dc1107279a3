/**
 * What the lab and its relay say to each other: JSON lines over the relay's standard input and output.
 *
 *   lab → relay   {"id": 7, "command": {"do": "begin", …}}
 *   relay → lab   {"event": "ready"} · {"event": "done", "id": 7, "result": …} · {"event": "failed", "id": 7, "code", "message"}
 *                 {"event": "burnt", "at", "engine", "rank", "epoch", "seq"} · {"event": "note", "text"}
 */
import { z } from "zod";
import type { Disturbance } from "../../links.js";

const port = z.enum(["events", "replay", "http"]);
const target = z.object({ host: z.string(), port: z.int().min(0).max(65_535) });
const disturbance = z.looseObject({ kind: z.string() }).transform((value) => value as unknown as Disturbance);

export const relayCommand = z.discriminatedUnion("do", [
  z.object({
    do: z.literal("expose"),
    engine: z.string(),
    epoch: z.int(),
    gates: z.array(z.object({ port, rank: z.int(), listen: target, target })),
  }),
  z.object({ do: z.literal("withdraw"), engine: z.string() }),
  z.object({
    do: z.literal("begin"),
    fault: z.string(),
    engines: z.array(z.string()),
    ports: z.array(port),
    seed: z.int(),
    /** As the lab's own fault files make it; lab and relay are of one build. */
    disturbance,
  }),
  z.object({ do: z.literal("end"), fault: z.string() }),
  z.object({ do: z.literal("look"), fault: z.string() }),
]);
export type RelayCommand = z.infer<typeof relayCommand>;

export const relayRequest = z.object({ id: z.int(), command: relayCommand });

export const relayEvent = z.discriminatedUnion("event", [
  z.object({ event: z.literal("ready") }),
  z.object({ event: z.literal("done"), id: z.int(), result: z.unknown().optional() }),
  z.object({ event: z.literal("failed"), id: z.int(), code: z.string(), message: z.string() }),
  z.object({
    event: z.literal("burnt"),
    at: z.number(),
    engine: z.string(),
    rank: z.int(),
    epoch: z.int(),
    seq: z.int(),
  }),
  z.object({ event: z.literal("note"), text: z.string() }),
]);
export type RelayEvent = z.infer<typeof relayEvent>;
