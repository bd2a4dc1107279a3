/**
 * Numbers that no consumer ever gets: missing live and in every replay, as when a publisher's encoder or socket failed after
 * the number was taken (vllm-wire 2.4). They stay burnt after the fault has ended, until the publisher's life does.
 */
import { RELAY_LIMITS } from "../limits.js";
import type { Batch } from "../piece.js";
import { chosen } from "../seeded-choice.js";
import { BatchEditor, type EditorSite, type Emit } from "./editor.js";

/** Of one stream and life; shared by its event and replay connections. */
export class BurntNumbers {
  readonly #numbers = new Set<number>();
  readonly #onBurnt: (seq: number) => void;
  /** What was delivered by a replay cannot be burnt any more. */
  deliveredBy = -1;

  constructor(onBurnt: (seq: number) => void) {
    this.#onBurnt = onBurnt;
  }

  get any(): boolean {
    return this.#numbers.size > 0;
  }
  has(seq: number): boolean {
    return this.#numbers.has(seq);
  }

  /** False when it cannot be burnt. */
  burn(seq: number): boolean {
    if (this.#numbers.has(seq)) return true;
    if (seq <= this.deliveredBy || this.#numbers.size >= RELAY_LIMITS.burntNumbers) return false;
    this.#numbers.add(seq);
    this.#onBurnt(seq);
    return true;
  }
}

/** On the event port: chooses numbers, and takes them out. */
export class Burn extends BatchEditor {
  readonly #burnt: BurntNumbers;
  readonly #probability: number;

  constructor(site: EditorSite, burnt: BurntNumbers, probability: number) {
    super(site);
    this.#burnt = burnt;
    this.#probability = probability;
  }

  protected override batch(batch: Batch, emit: Emit): void {
    const hit = chosen(this.#probability, this.site.seed, this.site.rank, batch.seq) && this.#burnt.burn(batch.seq);
    this.site.saw(hit);
    if (hit) this.site.lost(batch.bytes.length);
    else emit(batch);
  }
}

/** On the replay port: takes out what was burnt. */
export class WithholdBurnt extends BatchEditor {
  readonly #burnt: BurntNumbers;

  constructor(site: EditorSite, burnt: BurntNumbers) {
    super(site);
    this.#burnt = burnt;
  }

  protected override batch(batch: Batch, emit: Emit): void {
    if (this.#burnt.has(batch.seq)) {
      this.site.lost(batch.bytes.length);
      return;
    }
    this.#burnt.deliveredBy = Math.max(this.#burnt.deliveredBy, batch.seq);
    emit(batch);
  }
}
