/** What every kind of record must have at least, so that a damaged line is refused where it stands and not misjudged later. */
import type { HistoryRecord } from "./records.js";
import { HISTORY_VERSION } from "./records.js";

type Shape = Readonly<Record<string, "string" | "number" | "boolean" | "object">>;

const stream: Shape = { engine: "string", rank: "number" };

const SHAPES: Readonly<Record<HistoryRecord["k"], Shape>> = {
  run: {
    version: "number",
    scenario: "string",
    sut: "object",
    bounds: "object",
    models: "object",
    policy: "object",
    checks: "object",
  },
  phase: { name: "string" },
  engine: { engine: "string", model: "string", epoch: "number", event: "string" },
  member: { engine: "string", event: "string" },
  adapter: { engine: "string", adapter: "string", event: "string" },
  ledger: { ...stream, epoch: "number", seq: "number", changes: "object" },
  prompt: { id: "string", model: "string", tokens: "number", chain: "object" },
  query: { inv: "number", ret: "number", prompt: "string", probe: "string" },
  route: { inv: "number", ret: "number", due: "number", chosenAt: "number", prompt: "string", dry: "boolean" },
  stream: { ...stream, state: "string", lastSeq: "number", appliedBatches: "number" },
  dump: { engines: "object", totalBlocks: "number", sideEntries: "number" },
  counters: { ...stream, received: "number", applied: "number" },
  applied: { ...stream, life: "number", batches: "object", dropped: "number" },
  load: { phase: "string", startedAt: "number", stoppedAt: "number", offered: "number", sent: "number" },
  resource: { process: "string", rssBytes: "number", cpuSeconds: "number" },
  fault: { id: "string", fault: "string", event: "string", targets: "object" },
  mark: { name: "string" },
  wire: { ...stream, epoch: "number", seq: "number", what: "string" },
  "truth-gap": { ...stream, epoch: "number", problem: "string" },
  generator: { phase: "string", offered: "number", sent: "number", latenessP99Ms: "number" },
  log: { level: "string", message: "string" },
  metric: { metric: "string", from: "number", to: "number" },
};

/** Why `value` is no record of this version; null when it is one. */
export function shapeProblem(value: unknown): string | null {
  if (typeof value !== "object" || value === null) return "not a record";
  const record = value as Record<string, unknown>;
  const shape = SHAPES[record.k as HistoryRecord["k"]] as Shape | undefined;
  if (shape === undefined) return `unknown kind of record "${String(record.k)}"`;
  if (typeof record.at !== "number") return `a "${String(record.k)}" record without a time`;
  for (const field in shape) {
    if (typeof record[field] !== shape[field] || record[field] === null) {
      return `a "${String(record.k)}" record whose ${field} is not a ${shape[field]}`;
    }
  }
  if (record.k === "run" && record.version !== HISTORY_VERSION) {
    return `history version ${String(record.version)}; this kvproof reads version ${HISTORY_VERSION}`;
  }
  return null;
}
