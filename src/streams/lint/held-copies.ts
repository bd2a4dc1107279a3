/** How many copies of each hash a stream says it holds, per group and medium. */

export class HeldCopies {
  /** group → medium → hash → copies */
  readonly #copies = new Map<number, Map<string, Map<string, number>>>();
  /** Per medium; a null group is group 0, as in releases that know none. */
  readonly #resident = new Map<string, number>();
  readonly #everStored = new Map<number, Set<string>>();

  /** Copies of the hash in the medium afterwards. */
  add(group: number, medium: string, hash: string): number {
    const counts = this.#countsOf(group, medium);
    const copies = (counts.get(hash) ?? 0) + 1;
    counts.set(hash, copies);
    let ever = this.#everStored.get(group);
    if (ever === undefined) this.#everStored.set(group, (ever = new Set()));
    ever.add(hash);
    this.#resident.set(medium, this.residentIn(medium) + 1);
    return copies;
  }

  /** False when there was none. */
  remove(group: number, medium: string, hash: string): boolean {
    const counts = this.#countsOf(group, medium);
    const copies = counts.get(hash) ?? 0;
    if (copies === 0) return false;
    if (copies === 1) counts.delete(hash);
    else counts.set(hash, copies - 1);
    this.#resident.set(medium, this.residentIn(medium) - 1);
    return true;
  }

  clear(): void {
    this.#copies.clear();
    this.#resident.clear();
  }

  /** Held in any medium. */
  holds(group: number, hash: string): boolean {
    for (const counts of this.#copies.get(group)?.values() ?? []) if (counts.has(hash)) return true;
    return false;
  }

  /** Stored at some time of this life. */
  known(group: number, hash: string): boolean {
    return this.#everStored.get(group)?.has(hash) ?? false;
  }

  residentIn(medium: string): number {
    return this.#resident.get(medium) ?? 0;
  }

  #countsOf(group: number, medium: string): Map<string, number> {
    let media = this.#copies.get(group);
    if (media === undefined) this.#copies.set(group, (media = new Map()));
    let counts = media.get(medium);
    if (counts === undefined) media.set(medium, (counts = new Map()));
    return counts;
  }
}
