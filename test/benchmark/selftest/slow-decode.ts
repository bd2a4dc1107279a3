/** The slowdown that the gate must find: one batch in five is decoded twice, a fifth more work in the decoder and nothing else. */
import { buildMutant } from "../../mutants/build-mutant.js";
import type { Patch } from "../../mutants/defect.js";

const SLOWER: Patch = {
  file: "src/protocol/kv-event-reader.ts",
  find: "  decodeBatch(payload: Uint8Array, sink: KvEventSink, from = 0): BatchHeader {\n",
  replace: `  private batches = 0;
  private readonly nowhere: KvEventSink = { stored: () => undefined, removed: () => undefined, cleared: () => undefined };
  decodeBatch(payload: Uint8Array, sink: KvEventSink, from = 0): BatchHeader {
    if (this.batches++ % 5 === 4) this.decodeOnce(payload, this.nowhere, from);
    return this.decodeOnce(payload, sink, from);
  }
  private decodeOnce(payload: Uint8Array, sink: KvEventSink, from: number): BatchHeader {
`,
};

/** Path of the slower benchmark program. */
export function buildSlowDecode(): Promise<string> {
  return buildMutant({ id: "slow-decode", patches: [SLOWER] }, "bench-core");
}
