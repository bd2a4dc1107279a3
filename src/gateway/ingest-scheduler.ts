/**
 * Shares one event loop between the streams of all engines and everything else. Streams put work here; it is done in slices
 * no longer than {@link IngestLimits.sliceMs}, between which sockets, timers and queries get their turn, and round robin
 * between streams, so that a storm on one engine delays neither queries nor the other engines.
 */

/** One stream's pending work. */
export interface IngestSource {
  /** Does about one batch of work; false = nothing left, the source leaves the rota until it is woken again. */
  step(): boolean;
}

export interface IngestLimits {
  /** Longest time that ingest keeps the event loop at a stretch, unless one single batch takes longer. */
  readonly sliceMs: number;
  /** Steps that one stream may do before the next one gets its turn. */
  readonly stepsPerTurn: number;
  /** Bytes that may wait in all streams together; beyond it every stream with more than a little stops reading. */
  readonly pendingBytes: number;
}

export const DEFAULT_INGEST_LIMITS: IngestLimits = { sliceMs: 2, stepsPerTurn: 32, pendingBytes: 256 * 1024 * 1024 };

export class IngestScheduler {
  readonly #limits: IngestLimits;
  readonly #ready: IngestSource[] = [];
  readonly #waiting = new Set<IngestSource>();
  readonly #nowMs: () => number;
  #scheduled = false;
  /** Called after a slice in which something was done. */
  onApplied: (() => void) | null = null;
  /** Bytes that wait in all streams; kept by the streams. */
  pendingBytes = 0;

  constructor(limits: Partial<IngestLimits> = {}, nowMs: () => number = () => performance.now()) {
    this.#limits = { ...DEFAULT_INGEST_LIMITS, ...limits };
    this.#nowMs = nowMs;
  }

  /** Puts the source on the rota; does nothing if it is there already. */
  wake(source: IngestSource): void {
    if (this.#waiting.has(source)) return;
    this.#waiting.add(source);
    this.#ready.push(source);
    this.#schedule();
  }

  get isOverBudget(): boolean {
    return this.pendingBytes > this.#limits.pendingBytes;
  }

  /** Streams with work pending. */
  get backlog(): number {
    return this.#ready.length;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#slice());
  }

  #slice(): void {
    this.#scheduled = false;
    const endMs = this.#nowMs() + this.#limits.sliceMs;
    do {
      const source = this.#ready.shift();
      if (source === undefined) break;
      if (this.#turn(source, endMs)) this.#ready.push(source);
      else this.#waiting.delete(source);
    } while (this.#nowMs() < endMs);
    this.onApplied?.();
    if (this.#ready.length > 0) this.#schedule();
  }

  #turn(source: IngestSource, endMs: number): boolean {
    for (let steps = 0; steps < this.#limits.stepsPerTurn; steps++) {
      if (!source.step()) return false;
      // A large batch may take a good part of the slice: look at the time often enough.
      if ((steps & 7) === 7 && this.#nowMs() >= endMs) return true;
    }
    return true;
  }
}
