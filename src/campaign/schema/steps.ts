/** The timetable of a scenario: what happens to engines, adapters, caches and membership, and when (from the start of steady). */
import { z } from "zod";
import { duration } from "../../base/duration.js";

const at = duration.meta({ description: "Time from the start of the steady phase" });
const engine = z.string().regex(/^engines\/(\*|[^/*]+\/(\*|\d+))$/, {
  error: "a target such as engines/*, engines/llama/* or engines/llama/1",
});
const how = z.enum(["graceful", "kill"]).default("kill");
const adapter = z.string().min(1);
const count = z.int().min(1).max(500);
const publishAtStart = z.int().min(0).max(100_000).default(0);

export const step = z.discriminatedUnion("do", [
  z.strictObject({
    at,
    do: z.literal("engine.add"),
    model: z.string(),
    count: count.default(1),
    publish_at_start: publishAtStart,
    store_before_join: z
      .int()
      .min(0)
      .max(1000)
      .default(0)
      .meta({ description: "Prompts stored before the gateway hears of it" }),
  }),
  z.strictObject({ at, do: z.literal("engine.scale"), model: z.string(), to: count }),
  z.strictObject({ at, do: z.literal("engine.delete"), engine }).meta({ description: "Deregistered, then SIGTERM" }),
  z.strictObject({ at, do: z.literal("engine.kill"), engine }).meta({ description: "SIGKILL, then deregistered" }),
  z
    .strictObject({
      at,
      do: z.literal("engine.restart"),
      engine,
      how,
      overtake: z.enum(["no", "equal", "past"]).default("no"),
    })
    .meta({
      description: "In place: same name, address, ports. overtake: it publishes up to, or past, the old last sequence",
    }),
  z
    .strictObject({ at, do: z.literal("engine.migrate"), engine, how })
    .meta({ description: "Same name at a new address" }),
  z
    .strictObject({ at, do: z.literal("engine.replace"), engine, how })
    .meta({ description: "A new engine takes the address" }),
  z
    .strictObject({ at, do: z.literal("engine.rollout"), engine })
    .meta({ description: "A rolling update: one after the other, a new engine joins and the old one is deleted" }),
  z
    .strictObject({ at, do: z.literal("engine.evict"), engine })
    .meta({ description: "Evicted through the API server, within disruption budgets; comes back elsewhere" }),
  z
    .strictObject({ at, do: z.literal("node.drain"), engine })
    .meta({ description: "The node of this engine is cordoned and all engines on it evicted; uncordoned afterwards" }),
  z.strictObject({ at, do: z.literal("adapter.load"), engine, adapter, path: z.string().optional() }),
  z.strictObject({ at, do: z.literal("adapter.unload"), engine, adapter }),
  z.strictObject({ at, do: z.literal("adapter.reload"), engine, adapter, path: z.string().min(1) }),
  z.strictObject({ at, do: z.literal("cache.reset"), engine }).meta({ description: "POST /reset_prefix_cache" }),
  z.strictObject({ at, do: z.literal("cache.store"), engine, prompts: z.int().min(1).max(1000).default(4) }),
  z.strictObject({ at, do: z.literal("cache.evict"), engine, prompts: z.int().min(1).max(1000).default(4) }),
  z
    .strictObject({ at, do: z.literal("sut.remove"), engine })
    .meta({ description: "The gateway is told to forget it; it runs on" }),
  z.strictObject({ at, do: z.literal("sut.add"), engine }).meta({ description: "The gateway is told of it again" }),
]);
export type StepSpec = z.infer<typeof step>;
