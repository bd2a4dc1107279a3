/** Reads a plan that was written as JSON. */
import { readFileSync } from "node:fs";
import { z } from "zod";
import { asError, UsageError } from "../../base/errors.js";
import { DIALECTS, type Dialect } from "../../protocol/dialects.js";
import { SIM_FAULT_KINDS } from "./fault-kinds.js";
import { HAPPENINGS, type SimPlan } from "./plan.js";

const count = z.number().int().nonnegative();
const ms = z.number().nonnegative();
const share = z.number().min(0).max(1);

const member = z.strictObject({
  name: z.string(),
  address: z.string().exactOptional(),
  model: z.string(),
  startsMs: ms,
  joinsMs: ms,
  gpuBlocks: count.min(2),
  cpuBlocks: count,
  groups: count.min(1),
  ranks: count.min(1),
  dialect: z.enum(Object.keys(DIALECTS) as [Dialect, ...Dialect[]]),
  hash: z.enum(["sha256", "sha256_cbor"]),
  intHashes: z.boolean(),
  replay: z.boolean(),
  ringBatches: count.min(1),
  clockSkewS: z.number(),
});

const planSchema: z.ZodType<SimPlan> = z.strictObject({
  seed: z.number().int(),
  name: z.string(),
  blockSize: count.min(1),
  models: z.array(z.string()).min(1),
  adapters: z.array(z.strictObject({ name: z.string(), path: z.string(), id: count })),
  maxDelayMs: ms,
  fleet: z.array(member),
  happenings: z.array(
    z.strictObject({ atMs: ms, what: z.enum(HAPPENINGS), seed: z.number().int(), engine: z.string().exactOptional() }),
  ),
  faults: z.array(
    z.strictObject({
      id: z.string(),
      kind: z.enum(SIM_FAULT_KINDS),
      engine: z.string().nullable(),
      atMs: ms,
      forMs: ms,
      share,
      amount: share,
    }),
  ),
  cheapHashes: z.boolean(),
  capBlocks: count.min(1).nullable(),
  endMs: ms,
});

/** @throws UsageError KVP_E_FILE_NOT_FOUND, KVP_E_USAGE */
export function readPlan(path: string): SimPlan {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new UsageError("KVP_E_FILE_NOT_FOUND", `${path}: ${asError(cause).message}`, { cause });
  }
  try {
    return planSchema.parse(JSON.parse(text));
  } catch (cause) {
    const why = cause instanceof z.ZodError ? firstIssue(cause) : asError(cause).message;
    throw new UsageError("KVP_E_USAGE", `${path} is no plan of a simulation: ${why}`, { cause });
  }
}

function firstIssue({ issues }: z.ZodError): string {
  const [issue] = issues;
  return issue === undefined ? "it does not have the form of one" : `${issue.path.join(".")}: ${issue.message}`;
}
