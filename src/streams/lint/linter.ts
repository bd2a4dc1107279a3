/** Lints streams record by record, from whatever source, and keeps what it found. */
import { NOTES, RULES, type Finding, type NoteId, type Place, type RuleId } from "./finding.js";
import { LifeLinter, type LintLimits, type Reporter } from "./life-linter.js";
import { streamName, type TraceRecord, type TraceStream } from "../trace/trace-records.js";

/** Findings kept word for word; all are counted. */
const MAX_KEPT = 10_000;

export interface LintReport {
  readonly batches: number;
  readonly streams: readonly {
    readonly name: string;
    readonly lives: number;
    readonly batches: number;
    readonly dialect: string;
  }[];
  readonly violations: number;
  /** Per rule that was violated, and per note. */
  readonly counts: Readonly<Partial<Record<RuleId | NoteId, number>>>;
  /** The first ones; `dropped` says how many more there were. */
  readonly findings: readonly Finding[];
  readonly dropped: number;
}

interface StreamState {
  readonly stream: TraceStream;
  life: number;
  batches: number;
  linter: LifeLinter;
}

export class Linter implements Reporter {
  readonly #states: StreamState[];
  readonly #limits: LintLimits;
  readonly #findings: Finding[] = [];
  readonly #counts = new Map<RuleId | NoteId, number>();
  readonly #onFinding: ((finding: Finding) => void) | undefined;
  #violations = 0;
  #dropped = 0;
  #batches = 0;

  constructor(streams: readonly TraceStream[], limits: LintLimits, onFinding?: (finding: Finding) => void) {
    this.#limits = limits;
    this.#onFinding = onFinding;
    this.#states = streams.map((stream) => ({ stream, life: 1, batches: 0, linter: this.#linterOf(stream, 1) }));
  }

  get batches(): number {
    return this.#batches;
  }

  add(record: TraceRecord): void {
    const state = this.#states[record.stream] as StreamState;
    if (record.life !== state.life) this.#nextLife(state, record);
    switch (record.kind) {
      case "batch":
        this.#batches++;
        state.batches++;
        return state.linter.batch(record);
      case "hole":
        return state.linter.hole(record.from, record.to, record.why);
      case "odd": {
        const { engine, rank } = state.stream;
        return this.violation("frames", { engine, rank, life: record.life, seq: null, event: null }, record.problem);
      }
      case "life":
    }
  }

  violation(id: RuleId, place: Place, message: string): void {
    if (this.#limits.ignored?.has(id)) return;
    this.#violations++;
    this.#keep({ severity: "violation", id, place, message });
  }

  note(id: NoteId, place: Place, message: string): void {
    this.#keep({ severity: "note", id, place, message });
  }

  report(): LintReport {
    const order = [...Object.keys(RULES), ...Object.keys(NOTES)] as (RuleId | NoteId)[];
    return {
      batches: this.#batches,
      streams: this.#states.map(({ stream, life, batches, linter }) => ({
        name: streamName(stream),
        lives: life,
        batches,
        dialect: linter.dialect,
      })),
      violations: this.#violations,
      counts: Object.fromEntries(order.flatMap((id) => (this.#counts.has(id) ? [[id, this.#counts.get(id)]] : []))),
      findings: this.#findings,
      dropped: this.#dropped,
    };
  }

  #nextLife(state: StreamState, record: TraceRecord): void {
    const { engine, rank } = state.stream;
    const why = record.kind === "life" ? record.why : "another life";
    this.note("restart", { engine, rank, life: record.life, seq: null, event: null }, why);
    state.life = record.life;
    state.linter = this.#linterOf(state.stream, record.life);
  }

  #linterOf(stream: TraceStream, life: number): LifeLinter {
    return new LifeLinter(stream, life, this, this.#limits);
  }

  #keep(finding: Finding): void {
    this.#counts.set(finding.id, (this.#counts.get(finding.id) ?? 0) + 1);
    this.#onFinding?.(finding);
    if (this.#findings.length < MAX_KEPT) this.#findings.push(finding);
    else this.#dropped++;
  }
}
