/** Reusable answer of one match: `blocks[i]` leading full blocks are held by holder `holders[i]`, i < length. */
import type { HolderId } from "./index-types.js";

export class MatchBuffer {
  length = 0;
  holders = new Float64Array(16);
  blocks = new Uint32Array(16);

  clear(): void {
    this.length = 0;
  }
  push(holder: HolderId, blocks: number): void {
    if (this.length === this.blocks.length) this.#grow();
    this.holders[this.length] = holder;
    this.blocks[this.length++] = blocks;
  }
  #grow(): void {
    const holders = new Float64Array(this.length * 2);
    const blocks = new Uint32Array(this.length * 2);
    holders.set(this.holders);
    blocks.set(this.blocks);
    this.holders = holders;
    this.blocks = blocks;
  }
}
