/** Helpers that build engine cores and requests for tests. */
import { identityChain } from "../../base/block-identity.js";
import type { LedgerChange } from "../../base/ledger.js";
import type { KvEvent } from "../../protocol/kv-event.js";
import { EngineCore } from "./engine-core.js";
import type { EngineCoreConfig, EngineRequest, RequestOutput, StepResult } from "./engine-types.js";
import { loadHashes } from "./hash-functions.js";

export const hashes = await loadHashes();
export const MODEL = "tiny";
export const BLOCK_SIZE = 4;

export function anEngine(config: Partial<EngineCoreConfig> = {}): EngineCore {
  return new EngineCore({ model: MODEL, numGpuBlocks: 16, blockSize: BLOCK_SIZE, ...config }, hashes);
}

/** `count` tokens that no other seed's prompt starts with. */
export function tokensOf(seed: number, count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, i) => seed * 1000 + i);
}

export function aRequest(id: string, tokens: Uint32Array, more: Partial<EngineRequest> = {}): EngineRequest {
  return { id, tokens, maxTokens: 1, adapter: null, salt: null, nextToken: (index) => 900_000 + index, ...more };
}

export interface Run {
  readonly steps: readonly StepResult[];
  readonly events: readonly KvEvent[];
  readonly ledger: readonly LedgerChange[];
  readonly outputs: readonly RequestOutput[];
  /** By request id. */
  readonly cached: Readonly<Record<string, number>>;
}

const MAX_STEPS = 100_000;

/** Adds requests and steps until all are answered. */
export function run(engine: EngineCore, ...requests: readonly EngineRequest[]): Run {
  for (const request of requests) engine.addRequest(request);
  const steps: StepResult[] = [];
  while (engine.hasWork() && steps.length < MAX_STEPS) steps.push(engine.step());
  const outputs = steps.flatMap((step) => step.outputs);
  return {
    steps,
    outputs,
    events: steps.flatMap((step) => step.events),
    ledger: steps.flatMap((step) => step.ledger),
    cached: Object.fromEntries(outputs.map(({ id, cachedTokens }) => [id, cachedTokens])),
  };
}

/** `+3` a store of 3 blocks, `-1` a removal, `clear`; `CPU` and the group are named where they are not the default. */
export function shape(events: readonly KvEvent[]): string[] {
  return events.map((event) => {
    if (event.type === "cleared") return "clear";
    const where = `${event.medium === "GPU" ? "" : ` ${event.medium}`}${event.groupIdx ? ` g${event.groupIdx}` : ""}`;
    return `${event.type === "stored" ? "+" : "-"}${event.blockHashes.length}${where}`;
  });
}

/** Copies per identity as the ledger states them, in one group and medium. */
export function residentPerLedger(changes: readonly LedgerChange[], group = 0, medium = "GPU"): Map<string, number> {
  const copies = new Map<string, number>();
  for (const change of changes) {
    if (change.op === "clear") copies.clear();
    else if ((change.group ?? 0) === group && (change.medium ?? "GPU") === medium) {
      for (const [identity] of change.blocks) {
        const left = (copies.get(identity) ?? 0) + (change.op === "store" ? 1 : -1);
        if (left < 0) throw new Error(`the ledger removes ${identity}, which it does not hold`);
        if (left === 0) copies.delete(identity);
        else copies.set(identity, left);
      }
    }
  }
  return copies;
}

/** Copies per identity in the engine's pool. */
export function residentInPool(engine: EngineCore, group = 0): Map<string, number> {
  const copies = new Map<string, number>();
  for (const { block, group: where } of engine.pool.residents()) {
    if (where === group) copies.set(block.ledger[0], (copies.get(block.ledger[0]) ?? 0) + 1);
  }
  return copies;
}

export function identities(tokens: Uint32Array): string[] {
  return identityChain({ model: MODEL, adapter: null, salt: null }, tokens, BLOCK_SIZE);
}
