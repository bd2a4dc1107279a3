/**
 * Which path stands behind an adapter's name in events. vLLM counts its loads from 1 and puts the count into every store; the
 * path, which its hashes follow from, is on no wire, so that whoever loads adapters says so here first, in order.
 */
export class LoadedAdapters {
  /** `name@path` by load, from 1. */
  readonly #loads: { readonly name: string; readonly version: string }[] = [];

  load(name: string, version: string): void {
    this.#loads.push({ name, version });
  }

  /** `name@version` of a load, as identities have it; null when there was none of that name. */
  named(id: number, name: string | null): string | null {
    const load = this.#loads[id - 1];
    return load === undefined || load.name !== name ? null : `${name}@${load.version}`;
  }

  /** The newest load of a name. */
  current(name: string): string | null {
    const load = this.#loads.findLast((one) => one.name === name);
    return load === undefined ? null : `${name}@${load.version}`;
  }
}
