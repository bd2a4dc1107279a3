/**
 * What one publisher holds, by its events alone, kept in the plainest way: a map from hash to content and copies, walked block by
 * block for each question. Slow and without any cleverness on purpose: it is what clever indexes are compared with.
 */
import type { BlockRemoved, BlockStored, KvEvent } from "../../protocol/kv-event.js";
import { hashKey } from "../hash-key.js";
import { adapterOf, type BlockContent, contentsOf } from "./block-content.js";

export interface Question {
  readonly lora: string | null;
  readonly salt: string | null;
  readonly tokens: readonly number[];
}

interface Held {
  /** null until some event tells it. */
  content: BlockContent | null;
  /** group → medium → copies */
  readonly copies: Map<number, Map<string, number>>;
}

export class NaiveStream {
  readonly #duplicates: "copies" | "set";
  readonly #blocks = new Map<string, Held>();
  /** Groups that have stored something: a block counts when all of them hold it. */
  readonly #groups = new Set<number>();
  /** Adapter name → id. The same name with another id is another adapter. */
  readonly #adapters = new Map<string, number>();

  constructor(duplicates: "copies" | "set") {
    this.#duplicates = duplicates;
  }

  apply(event: KvEvent): void {
    if (event.type === "stored") this.#store(event);
    else if (event.type === "removed") this.#remove(event);
    else {
      this.#blocks.clear();
      this.#groups.clear();
    }
  }

  /** Leading full blocks held. */
  match({ lora, salt, tokens }: Question, blockSize: number): number {
    let parents: ReadonlySet<string | null> = new Set([null]);
    for (let depth = 0; ; depth++) {
      const wanted = tokens.slice(depth * blockSize, (depth + 1) * blockSize);
      if (wanted.length < blockSize) return depth;
      const found = new Set<string>();
      for (const [hash, held] of this.#blocks) {
        const { content } = held;
        if (content === null || content.beyondText || content.lora !== lora || !parents.has(content.parent)) continue;
        if (depth === 0 && content.salt !== salt) continue;
        if (sameTokens(content.tokens, wanted) && this.#isHeld(held)) found.add(hash);
      }
      if (found.size === 0) return depth;
      parents = found;
    }
  }

  #store(event: BlockStored): void {
    const group = event.groupIdx ?? 0;
    this.#groups.add(group);
    this.#noticeReload(event);
    const contents = contentsOf(event);
    event.blockHashes.forEach((hash, i) => {
      const key = hashKey(hash);
      let held = this.#blocks.get(key);
      if (held === undefined) this.#blocks.set(key, (held = { content: null, copies: new Map() }));
      held.content = contents[i] ?? held.content;
      let media = held.copies.get(group);
      if (media === undefined) held.copies.set(group, (media = new Map()));
      const medium = event.medium ?? "";
      const copies = media.get(medium) ?? 0;
      media.set(medium, this.#duplicates === "set" ? 1 : copies + 1);
    });
  }

  #remove({ blockHashes, medium, groupIdx }: BlockRemoved): void {
    for (const hash of blockHashes) {
      const media = this.#blocks.get(hashKey(hash))?.copies.get(groupIdx ?? 0);
      const copies = media?.get(medium ?? "") ?? 0;
      if (copies > 0) media?.set(medium ?? "", copies - 1);
    }
  }

  #noticeReload(event: BlockStored): void {
    const { loraName, loraId } = event;
    if (loraName === null || loraId === null) return;
    const before = this.#adapters.get(loraName);
    this.#adapters.set(loraName, loraId);
    if (before === undefined || before === loraId) return;
    for (const [key, { content }] of this.#blocks) if (content?.lora === adapterOf(event)) this.#blocks.delete(key);
  }

  #isHeld({ copies }: Held): boolean {
    for (const group of this.#groups) {
      const media = copies.get(group);
      if (media === undefined || ![...media.values()].some((count) => count > 0)) return false;
    }
    return true;
  }
}

function sameTokens(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((token, i) => token === b[i]);
}
