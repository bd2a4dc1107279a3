/** Drives engine cores with the requests of a recording and collects what they would publish. */
import type { EngineCore } from "../../src/engine/cache/engine-core.js";
import type { Adapter, RequestOutput } from "../../src/engine/cache/engine-types.js";
import { encodeBatch } from "../../src/protocol/kv-event-writer.js";
import type {
  Episode,
  RecordedCall,
  RecordedEvent,
  RecordedMetrics,
  RecordedRequest,
  Recording,
} from "./fidelity-recording.js";
import { timeline, withoutTs } from "./fidelity-recording.js";

/** The recorded vLLM 0.32.0 speaks this dialect. */
const DIALECT = "vllm-0.30";

export interface ReplayOptions {
  readonly adapters?: ReadonlyMap<string, Adapter>;
  readonly rank?: number;
  /**
   * Labels of overlapping requests in the order in which they reached the engine: the first before step 0, the others before
   * step 1. The recording has only the order of sending.
   */
  readonly bursts?: readonly (readonly string[])[];
  /** By label: the client went away after so many tokens. */
  readonly abortAfter?: Readonly<Record<string, number>>;
}

export class Replay {
  readonly core: EngineCore;
  /** Payloads in hex without their ts. */
  readonly batches: string[] = [];
  /** What the engine answers as cached_tokens. */
  readonly cachedTokens = new Map<RecordedRequest, number>();
  /** Whether each reset succeeded. */
  readonly resets: boolean[] = [];
  readonly #options: ReplayOptions;
  readonly #byId = new Map<string, RecordedRequest>();

  constructor(core: EngineCore, options: ReplayOptions = {}) {
    this.core = core;
    this.#options = options;
  }

  /** Does what the recording's client did. */
  play(
    actions: Recording["actions"],
    events: readonly RecordedEvent[],
    onMetrics?: (metrics: RecordedMetrics) => void,
  ): void {
    for (const entry of timeline(actions)) {
      if (entry.kind === "episode") this.#run(entry, events);
      else if (entry.kind === "http") this.#reset(entry);
      else onMetrics?.(entry);
    }
  }

  /** Runs until all is answered. A reset is made once as many batches are out as the recorded engine had published by then. */
  #run({ t, requests, resets }: Episode, events: readonly RecordedEvent[]): void {
    const due = this.#inOrder(requests);
    const calls = [...resets];
    const batchesBefore = this.batches.length;
    const published = (until: number): number => events.filter(({ ts }) => ts > t && ts <= until).length;
    for (let step = 0; due.length > 0 || this.core.hasWork(); step++) {
      for (const request of due.splice(0, step === 0 ? 1 : due.length)) this.#submit(request);
      this.#step();
      while (calls[0] && this.batches.length - batchesBefore >= published(calls[0].t))
        this.#reset(calls.shift() as RecordedCall);
    }
  }

  #inOrder(requests: readonly RecordedRequest[]): RecordedRequest[] {
    const order = this.#options.bursts?.find((burst) => burst.includes(requests[0]?.label ?? "")) ?? [];
    return requests.toSorted((a, b) => order.indexOf(a.label) - order.indexOf(b.label));
  }

  #reset(call: RecordedCall): void {
    this.resets.push(this.core.resetPrefixCache({ resetRunning: call.path.includes("reset_running_requests=true") }));
  }

  #submit(request: RecordedRequest): void {
    const id = `${request.label}#${this.#byId.size}`;
    this.#byId.set(id, request);
    this.core.addRequest({
      id,
      tokens: Uint32Array.from(request.prompt),
      maxTokens: request.max_tokens,
      adapter: this.#options.adapters?.get(request.model) ?? null,
      salt: request.extra.cache_salt ?? null,
      sessionId: request.extra.session_id ?? null,
      reportFull: request.extra.vllm_xargs?.kv_cache_report_mode === "full",
      nextToken: (index) => request.output_token_ids?.[index] ?? 0,
    });
  }

  #step(): void {
    const { events, outputs } = this.core.step();
    if (events.length > 0) {
      const payload = encodeBatch(DIALECT, { ts: 1.5, events, rank: this.#options.rank ?? 0 });
      this.batches.push(withoutTs(Buffer.from(payload).toString("hex")));
    }
    for (const output of outputs) this.#answer(output);
  }

  #answer({ id, cachedTokens, index }: RequestOutput): void {
    const request = this.#byId.get(id) as RecordedRequest;
    this.cachedTokens.set(request, cachedTokens);
    if (this.#options.abortAfter?.[request.label] === index + 1) this.core.abort(id);
  }
}
