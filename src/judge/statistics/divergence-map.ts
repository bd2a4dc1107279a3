/** Where and when answers were wrong: blocks claimed too much and too little, per engine and bucket of time. */
import type { Survey } from "../truth/survey.js";
import type { Divergence } from "../verdict.js";

const FIRST_BUCKET_MS = 100;
/** When the run outgrows this many buckets, two become one. */
const MAX_BUCKETS = 240;

interface Cell {
  extra: number;
  missing: number;
}

export class DivergenceMap {
  #bucketMs = FIRST_BUCKET_MS;
  /** Per engine index: cells by bucket. */
  #cells: Map<number, Cell>[] = [];

  note(survey: Survey, atMs: number): void {
    while (atMs >= this.#bucketMs * MAX_BUCKETS) this.#coarsen();
    const bucket = Math.max(0, Math.floor(atMs / this.#bucketMs));
    for (const standing of survey.standings) {
      if (!standing.engine.publishes) continue;
      const extra = Math.max(0, standing.claimed - standing.possible);
      // What is not a member cannot be missed.
      const missing = standing.engine.member ? Math.max(0, standing.certain - standing.claimed) : 0;
      if (extra + missing > 0) this.#add(standing.engine.index, bucket, extra, missing);
    }
  }

  result(engines: readonly string[]): Divergence {
    const cells = engines.flatMap((_, engine) =>
      [...(this.#cells[engine] ?? [])].map(([bucket, cell]) => ({
        engine,
        bucket,
        extra: cell.extra,
        missing: cell.missing,
      })),
    );
    return { bucketMs: this.#bucketMs, engines, cells };
  }

  #add(engine: number, bucket: number, extra: number, missing: number): void {
    const cells = (this.#cells[engine] ??= new Map<number, Cell>());
    const cell = cells.get(bucket) ?? { extra: 0, missing: 0 };
    cell.extra += extra;
    cell.missing += missing;
    cells.set(bucket, cell);
  }

  #coarsen(): void {
    this.#bucketMs *= 2;
    const finer = this.#cells;
    this.#cells = [];
    for (const [engine, cells] of finer.entries()) {
      for (const [bucket, cell] of cells ?? []) this.#add(engine, Math.floor(bucket / 2), cell.extra, cell.missing);
    }
  }
}
