/** The one line that an engine or gateway prints on standard output when it serves. */
import { z } from "zod";
import { UnavailableError } from "../../base/errors.js";
import { shapeProblem } from "../shape-problem.js";

const engineReady = z.object({
  event: z.literal("ready"),
  engine: z.string(),
  epoch: z.int(),
  http: z.url(),
  lab: z.url(),
  ranks: z.array(z.object({ rank: z.int(), events: z.string(), replay: z.string().nullable().default(null) })),
});
export type EngineReady = z.infer<typeof engineReady>;

const gatewayReady = z.object({ event: z.literal("ready"), url: z.url() });

export function parseEngineReady(line: unknown, engine: string): EngineReady {
  const parsed = engineReady.safeParse(line);
  if (parsed.success && parsed.data.engine === engine) return parsed.data;
  const problem = parsed.success ? `it names ${parsed.data.engine}` : shapeProblem(parsed.error);
  throw new UnavailableError(
    "KVP_E_ENGINE_NOT_READY",
    `engine ${engine} printed a ready line that is wrong: ${problem}`,
  );
}

export function parseGatewayReady(line: unknown): string {
  const parsed = gatewayReady.safeParse(line);
  if (parsed.success) return parsed.data.url;
  throw new UnavailableError(
    "KVP_E_SUT_UNAVAILABLE",
    `the gateway printed a ready line that is wrong: ${shapeProblem(parsed.error)}`,
  );
}

/** Port of `tcp://host:port` or `http://host:port`. */
export function portOf(endpoint: string): number {
  return Number(endpoint.slice(endpoint.lastIndexOf(":") + 1).replace(/\/.*$/, ""));
}
