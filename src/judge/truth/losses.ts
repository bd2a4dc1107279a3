/** Who last lost each block, and who lost everything at once: what an answer about somebody else must not follow (I2). */
import { enlarged } from "./int-table.js";

export interface MassLoss {
  readonly engine: number;
  /** Null = all of its ranks. */
  readonly rank: number | null;
  readonly at: number;
  readonly why: string;
}

const MAX_MASS_LOSSES = 64;

export class Losses {
  #at = new Float64Array(1024);
  #by = new Int32Array(1024);
  readonly #mass: MassLoss[] = [];

  block(identity: number, engine: number, at: number): void {
    if (identity >= this.#at.length) {
      this.#at = enlarged(this.#at, identity + 1);
      this.#by = enlarged(this.#by, this.#at.length);
    }
    this.#at[identity] = at;
    this.#by[identity] = engine + 1;
  }

  everything(engine: number, rank: number | null, at: number, why: string): void {
    this.#mass.push({ engine, rank, at, why });
    if (this.#mass.length > MAX_MASS_LOSSES) this.#mass.shift();
  }

  /** Engine index that was the last to lose this block, if that was after `since`; -1 otherwise. */
  loserSince(identity: number, since: number): number {
    return identity < this.#at.length && (this.#at[identity] as number) > since
      ? (this.#by[identity] as number) - 1
      : -1;
  }

  massSince(since: number): readonly MassLoss[] {
    return (this.#mass.at(-1)?.at ?? Number.NEGATIVE_INFINITY) > since
      ? this.#mass.filter((loss) => loss.at > since)
      : [];
  }
}
