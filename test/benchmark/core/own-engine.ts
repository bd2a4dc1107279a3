/** A naive engine cache: which blocks it holds, in how many copies, and which goes next. Maps and sets, nothing clever. */

/** A block in its place: content below a prefix. The root of a context has no parent. */
export interface TreeNode {
  readonly content: number;
  readonly parent: TreeNode | null;
  readonly hash: bigint;
  readonly children: Map<number, TreeNode>;
}

export class EngineModel {
  /** Physical blocks nobody uses, least recently used first. */
  readonly #free = new Map<number, TreeNode>();
  /** Physical blocks of the request that runs, in its order. */
  readonly #used = new Map<number, TreeNode>();
  readonly #copies = new Map<TreeNode, number[]>();
  #next = 0;

  constructor(readonly capacity: number) {}

  get distinct(): number {
    return this.#copies.size;
  }
  holds(node: TreeNode): boolean {
    return this.#copies.has(node);
  }
  begin(): void {
    this.#used.clear();
  }
  /** The running request uses the block; false = it is not resident. */
  use(node: TreeNode): boolean {
    const block = this.#copies.get(node)?.[0];
    if (block === undefined) return false;
    this.#free.delete(block);
    this.#used.set(block, node);
    return true;
  }
  /** A new physical block for the running request; returns what had to go. `skip` passes over that many older ones. */
  store(node: TreeNode, skip: () => number): TreeNode[] {
    const evicted: TreeNode[] = [];
    while (this.#free.size + this.#used.size >= this.capacity) evicted.push(this.#evict(skip()));
    const block = this.#next++;
    this.#used.set(block, node);
    this.#copies.set(node, [...(this.#copies.get(node) ?? []), block]);
    return evicted;
  }
  #evict(skip: number): TreeNode {
    let passed = 0;
    for (const [block, node] of this.#free) {
      if (passed++ < Math.min(skip, this.#free.size - 1)) continue;
      this.#free.delete(block);
      const left = (this.#copies.get(node) ?? []).filter((other) => other !== block);
      if (left.length === 0) this.#copies.delete(node);
      else this.#copies.set(node, left);
      return node;
    }
    throw new Error("the cache is too small for one request");
  }
  /** The request is done: its tail is the first to go. */
  end(): void {
    for (const [block, node] of [...this.#used].reverse()) this.#free.set(block, node);
    this.#used.clear();
  }
}
