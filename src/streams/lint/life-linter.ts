/** Checks one life of one publisher, batch by batch. */
import { asError } from "../../base/errors.js";
import type { KvEventBatch } from "../../protocol/kv-event.js";
import { decodeBatchObjects } from "../../protocol/kv-event-objects.js";
import { DialectDetector } from "../dialect-detector.js";
import type { BatchRecord, TraceStream } from "../trace/trace-records.js";
import { batchShape, type BatchShape } from "./batch-shape.js";
import { EventRules } from "./event-rules.js";
import type { NoteId, Place, RuleId } from "./finding.js";

/** Media of the engine's own pool: vLLM writes "GPU", releases without the field nothing. */
const POOL_MEDIA = ["GPU", ""];

export interface Reporter {
  violation(rule: RuleId, place: Place, message: string): void;
  note(note: NoteId, place: Place, message: string): void;
}

export interface LintLimits {
  /** Blocks of the engine's pool, the null block included, when known. */
  readonly blocks?: number | undefined;
  readonly ignored?: ReadonlySet<RuleId>;
}

export class LifeLinter {
  readonly #stream: TraceStream;
  readonly #life: number;
  readonly #reporter: Reporter;
  readonly #limits: LintLimits;
  readonly #detector = new DialectDetector();
  readonly #events: EventRules;
  #lastSeq: number | null = null;
  #lastTs = -Infinity;
  #batchElements: number | null = null;
  /** Elements of array events per type, 0 = map. */
  readonly #elements = new Map<string, number>();
  #dialectReported = false;
  #peak = 0;

  constructor(stream: TraceStream, life: number, reporter: Reporter, limits: LintLimits) {
    this.#stream = stream;
    this.#life = life;
    this.#reporter = reporter;
    this.#limits = limits;
    this.#events = new EventRules(reporter, () => this.#detector.fitting);
  }

  get dialect(): string {
    return this.#detector.fitting.length === 0 || this.#lastSeq === null ? "unknown" : this.#detector.best;
  }

  /** Numbers that the recorder knows to be missing. */
  hole(from: number, to: number, why: string): void {
    const missing = from === to ? `number ${from} is missing` : `numbers ${from} to ${to} are missing`;
    this.#reporter.violation("sequence", this.#at(from), `${missing} (${why})`);
    this.#events.incomplete = true;
    this.#lastSeq = to;
  }

  batch({ seq, payload }: BatchRecord): void {
    this.#sequence(seq);
    let batch: KvEventBatch;
    let shape: BatchShape;
    try {
      shape = batchShape(payload);
      batch = decodeBatchObjects(payload);
    } catch (thrown) {
      this.#reporter.violation("decode", this.#at(seq), asError(thrown).message);
      this.#events.incomplete = true;
      return;
    }
    if (batch.ts < this.#lastTs)
      this.#reporter.violation("ts", this.#at(seq), `expected at least ${this.#lastTs}, found ${batch.ts}`);
    this.#lastTs = Math.max(this.#lastTs, batch.ts);
    if (typeof batch.rank === "number" && batch.rank !== this.#stream.rank)
      this.#reporter.violation("rank", this.#at(seq), `expected rank ${this.#stream.rank}, found ${batch.rank}`);
    this.#shape(seq, shape);
    this.#dialect(seq, payload, batch, shape);
    // Events of unknown types are left out by the decoder; with them, positions would not be those of the wire.
    batch.events.forEach((event, i) => this.#events.check(event, this.#at(seq, i)));
    this.#capacity(seq);
  }

  #sequence(seq: number): void {
    if (this.#lastSeq === null) {
      if (seq > 0) {
        this.#reporter.note("late-join", this.#at(seq), `the first number is ${seq}`);
        this.#events.incomplete = true;
      }
    } else if (seq !== this.#lastSeq + 1) {
      this.#reporter.violation("sequence", this.#at(seq), `expected ${this.#lastSeq + 1}, found ${seq}`);
      this.#events.incomplete = true;
    }
    this.#lastSeq = seq;
  }

  #shape(seq: number, { batchElements, events }: BatchShape): void {
    this.#batchElements ??= batchElements;
    if (batchElements !== this.#batchElements)
      this.#reporter.violation(
        "shape",
        this.#at(seq),
        `expected a batch of ${formOf(this.#batchElements)}, found ${formOf(batchElements)}`,
      );
    events.forEach(({ type, elements }, i) => {
      // SGLang's salted events are one longer than its others.
      const known = this.#elements.get(type);
      if (known === undefined) this.#elements.set(type, elements);
      else if (
        known !== elements &&
        !(type === "BlockStored" && Math.min(known, elements) === 7 && Math.max(known, elements) === 8)
      )
        this.#reporter.violation(
          "shape",
          this.#at(seq, i),
          `expected ${type} of ${formOf(known)}, found ${formOf(elements)}`,
        );
    });
  }

  #dialect(seq: number, payload: Uint8Array, batch: KvEventBatch, shape: BatchShape): void {
    const seen = this.#detector.see(payload, batch);
    if (seen === "fits" || this.#dialectReported) return;
    this.#dialectReported = true;
    const odd = shape.events.findIndex(({ type }) => !/^(BlockStored|BlockRemoved|AllBlocksCleared)$/.test(type));
    const why =
      seen === "other"
        ? `expected ${this.#detector.best}, found what another release writes`
        : odd >= 0
          ? `unknown event type ${JSON.stringify(shape.events[odd]?.type)}`
          : `no known release writes these bytes (unknown fields, another order, or numbers wider than needed)`;
    this.#reporter.violation("dialect", this.#at(seq, odd >= 0 ? odd : null), why);
  }

  #capacity(seq: number): void {
    const { blocks } = this.#limits;
    if (blocks === undefined) return;
    const resident = POOL_MEDIA.reduce((sum, medium) => sum + this.#events.held.residentIn(medium), 0);
    if (resident > blocks - 1 && resident > this.#peak)
      this.#reporter.violation(
        "capacity",
        this.#at(seq),
        `expected at most ${blocks - 1} blocks held, found ${resident}`,
      );
    this.#peak = Math.max(this.#peak, resident);
  }

  #at(seq: number | null, event: number | null = null): Place {
    return { engine: this.#stream.engine, rank: this.#stream.rank, life: this.#life, seq, event };
  }
}

function formOf(elements: number): string {
  return elements === 0 ? "a map" : `${elements} elements`;
}
