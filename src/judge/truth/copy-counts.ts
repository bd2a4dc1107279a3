/** Physical copies of each block per (group, medium). One medium and one group, the usual case, cost two bytes per block. */
import { enlarged } from "./int-table.js";

const MAX_COPIES = 0xffff;
const MAX_GROUPS = 30;

export class CopyCounts {
  readonly #everyGroup: number;
  #components: { readonly group: number; readonly medium: number }[] = [];
  #counts = new Uint16Array(0);

  constructor(groups: number) {
    this.#everyGroup = 2 ** Math.min(Math.max(groups, 1), MAX_GROUPS) - 1;
  }

  add(entry: number, group: number, medium: number): void {
    const slot = this.#slot(entry, group, medium);
    const count = this.#counts[slot] as number;
    if (count < MAX_COPIES) this.#counts[slot] = count + 1;
  }

  /** Takes one copy away; false when there is none. */
  take(entry: number, group: number, medium: number): boolean {
    const slot = this.#slot(entry, group, medium);
    const count = this.#counts[slot] as number;
    if (count === 0) return false;
    this.#counts[slot] = count - 1;
    return true;
  }

  reset(entry: number): void {
    const width = this.#components.length;
    this.#reserve(entry);
    this.#counts.fill(0, entry * width, (entry + 1) * width);
  }

  none(entry: number): boolean {
    const width = this.#components.length;
    for (let c = 0; c < width; c++) if (this.#counts[entry * width + c] !== 0) return false;
    return true;
  }

  /** Every group has a copy in some medium. */
  complete(entry: number): boolean {
    const width = this.#components.length;
    let present = 0;
    for (let c = 0; c < width; c++) {
      if (this.#counts[entry * width + c] !== 0) present |= 1 << (this.#components[c]?.group ?? 0);
    }
    return (present & this.#everyGroup) === this.#everyGroup;
  }

  #slot(entry: number, group: number, medium: number): number {
    let c = 0;
    for (; c < this.#components.length; c++) {
      const component = this.#components[c];
      if (component?.group === group && component.medium === medium) break;
    }
    if (c === this.#components.length) this.#widen(group, medium);
    this.#reserve(entry);
    return entry * this.#components.length + c;
  }

  #reserve(entry: number): void {
    const needed = (entry + 1) * this.#components.length;
    if (needed > this.#counts.length) this.#counts = enlarged(this.#counts, needed);
  }

  /** A group or medium seen for the first time: every block gets one more counter. Rare. */
  #widen(group: number, medium: number): void {
    const width = this.#components.length;
    const blocks = width === 0 ? 0 : Math.floor(this.#counts.length / width);
    const counts = new Uint16Array(blocks * (width + 1));
    for (let b = 0; b < blocks; b++) {
      counts.set(this.#counts.subarray(b * width, (b + 1) * width), b * (width + 1));
    }
    this.#components = [...this.#components, { group, medium }];
    this.#counts = counts;
  }
}
