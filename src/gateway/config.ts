/** The static configuration: `engines:`, each either fully described or just `{http}` to be asked for the rest. */
import { existsSync, readFileSync } from "node:fs";
import { LineCounter, parseDocument } from "yaml";
import { z } from "zod";
import { UsageError } from "../base/errors.js";
import { describeIssues, httpUrl, type Registration, registrationSchema } from "./fleet/registration.js";
import { LIMITS } from "./limits.js";

const discovered = z.strictObject({ http: httpUrl, engine: registrationSchema.shape.engine.optional() });
/** What is only in a full description; one of them present makes an entry one. */
const DESCRIBED_BY = ["model", "block_size", "ranks"] as const;

export interface GatewayConfig {
  readonly described: readonly Registration[];
  readonly discovered: readonly z.infer<typeof discovered>[];
}

/** @throws UsageError KVP_E_FILE_NOT_FOUND or KVP_E_USAGE, with file, line and column. */
export function readConfig(path: string): GatewayConfig {
  if (!existsSync(path)) throw new UsageError("KVP_E_FILE_NOT_FOUND", `${path} does not exist`);
  const lines = new LineCounter();
  const document = parseDocument(readFileSync(path, "utf8"), { lineCounter: lines });
  const at = (keys: readonly PropertyKey[]): string => {
    for (let depth = keys.length; depth >= 0; depth--) {
      const node = document.getIn(keys.slice(0, depth), true) as
        | { range?: [number, number, number] }
        | null
        | undefined;
      if (node?.range) return position(path, lines, node.range[0]);
    }
    return path;
  };
  const [syntax] = document.errors;
  if (syntax) throw new UsageError("KVP_E_USAGE", `${position(path, lines, syntax.pos[0])} ${syntax.message}`);
  const value = document.toJS() as { engines?: unknown } | null;
  const shape = z.strictObject({ engines: z.array(z.unknown()).max(LIMITS.engines) }).safeParse(value);
  if (!shape.success) throw new UsageError("KVP_E_USAGE", `${path}: ${describeIssues(shape.error)}`);
  const config = { described: [] as Registration[], discovered: [] as z.infer<typeof discovered>[] };
  for (const [i, entry] of shape.data.engines.entries()) {
    const full = typeof entry === "object" && entry !== null && DESCRIBED_BY.some((key) => key in entry);
    const fail = (error: z.ZodError): never => {
      const [issue] = error.issues;
      throw new UsageError(
        "KVP_E_USAGE",
        `${at(["engines", i, ...(issue?.path ?? [])])} engines.${i}: ${describeIssues(error)}`,
      );
    };
    if (full) config.described.push(accept(registrationSchema.safeParse(entry), fail));
    else config.discovered.push(accept(discovered.safeParse(entry), fail));
  }
  return config;
}

function accept<T>(parsed: z.ZodSafeParseResult<T>, fail: (error: z.ZodError) => never): T {
  return parsed.success ? parsed.data : fail(parsed.error);
}

function position(path: string, lines: LineCounter, offset: number): string {
  const { line, col } = lines.linePos(offset);
  return `${path}:${line}:${col}`;
}
