/** What must be known of a trace before it is published: per engine its block size, adapters and dialect. */
import { KvproofError, UsageError } from "../../base/errors.js";
import { DIALECTS, type Dialect } from "../../protocol/dialects.js";
import { decodeBatchObjects } from "../../protocol/kv-event-objects.js";
import { DialectDetector } from "../dialect-detector.js";
import type { BatchRecord, OpenTrace, TraceStream } from "./trace-records.js";

/** Used when no store of the trace tells one; vLLM's default. */
const DEFAULT_BLOCK_SIZE = 16;

export interface StreamFacts {
  readonly stream: TraceStream;
  readonly dialect: Dialect;
  readonly blockSize: number;
  readonly adapters: readonly string[];
  /** The topic of all its batches; "" when they differ. */
  readonly topic: string;
  readonly batches: number;
}

export class FactFinder {
  readonly #stream: TraceStream;
  #detector = new DialectDetector();
  #life = 1;
  #blockSize = 0;
  readonly #adapters = new Set<string>();
  #topics = new Set<string>();
  #batches = 0;

  constructor(stream: TraceStream) {
    this.#stream = stream;
  }

  see({ life, topic, payload }: BatchRecord): void {
    this.#batches++;
    if (topic !== null && this.#topics.size < 2) this.#topics.add(topic);
    if (life !== this.#life) this.#detector = new DialectDetector();
    this.#life = life;
    try {
      const batch = decodeBatchObjects(payload);
      this.#detector.see(payload, batch);
      for (const event of batch.events) {
        if (event.type !== "stored") continue;
        this.#blockSize ||= event.blockSize;
        if (event.loraName !== null) this.#adapters.add(event.loraName);
      }
    } catch (thrown) {
      // A batch that cannot be decoded is published all the same: that is what the trace is for.
      if (!(thrown instanceof KvproofError)) throw thrown;
    }
  }

  facts(): StreamFacts {
    const [topic = this.#stream.topic, ...more] = this.#topics;
    return {
      stream: this.#stream,
      dialect: this.#detector.best,
      blockSize: this.#blockSize || DEFAULT_BLOCK_SIZE,
      adapters: [...this.#adapters],
      topic: more.length > 0 ? "" : topic,
      batches: this.#batches,
    };
  }
}

/** Reads the trace to its end, so that a damaged one is refused before anything is published. */
export async function traceFacts({ header, records }: OpenTrace): Promise<StreamFacts[]> {
  const finders = header.streams.map((stream) => new FactFinder(stream));
  for await (const record of records) if (record.kind === "batch") finders[record.stream]?.see(record);
  const facts = finders.map((finder) => finder.facts());
  if (facts.every(({ batches }) => batches === 0))
    throw new UsageError("KVP_E_TRACE_INVALID", "the trace holds no batch");
  return facts;
}

/** Frames of a replay reply in this dialect. */
export function replayFramesOf(dialect: Dialect): 3 | 4 {
  return DIALECTS[dialect].replayFrames;
}

/** SGLang announces a block again; to vLLM a second store is a second copy. */
export function duplicatesOf(dialect: Dialect): "copies" | "set" {
  return dialect.startsWith("sglang") ? "set" : "copies";
}
