/** What must hold of the events of one life, given the events before. */
import type { Dialect } from "../../protocol/dialects.js";
import { DIALECTS } from "../../protocol/dialects.js";
import type { BlockRemoved, BlockStored, KvEvent, WireHash } from "../../protocol/kv-event.js";
import { hashKey } from "../hash-key.js";
import type { Place } from "./finding.js";
import { HeldCopies } from "./held-copies.js";
import type { Reporter } from "./life-linter.js";

const FULL_ATTENTION = "full_attention";
/** Up to vLLM 0.10.1 the default hash was Python's, which is signed. */
const SIGNED_VLLM: readonly Dialect[] = ["vllm-0.9.0", "vllm-0.9.1"];

export class EventRules {
  readonly held = new HeldCopies();
  /** Something of this life was not seen: what is unknown may be from there. */
  incomplete = false;
  readonly #reporter: Reporter;
  readonly #fitting: () => readonly Dialect[];
  /** "number", or the length of digests; of the first hash. */
  #hashForm: string | null = null;
  #cleared = false;

  constructor(reporter: Reporter, fitting: () => readonly Dialect[]) {
    this.#reporter = reporter;
    this.#fitting = fitting;
  }

  check(event: KvEvent, place: Place): void {
    if (event.type === "stored") this.#stored(event, place);
    else if (event.type === "removed") this.#removed(event, place);
    else {
      this.#reporter.note("cleared", place, "all blocks");
      this.held.clear();
      this.#cleared = true;
    }
  }

  #stored(event: BlockStored, place: Place): void {
    const { blockHashes, parent, extraKeys } = event;
    const group = event.groupIdx ?? 0;
    this.#hashes(parent === null ? blockHashes : [parent, ...blockHashes], place);
    if (blockHashes.length === 0) this.#reporter.note("empty-store", place, `${event.tokenIds.length} tokens, no hash`);
    const dense = event.specKind === null || event.specKind === undefined || event.specKind === FULL_ATTENTION;
    if (dense) this.#dense(event, group, place);
    if (extraKeys && extraKeys.length !== blockHashes.length)
      this.#reporter.violation(
        "extra-keys",
        place,
        `expected ${blockHashes.length} entries, found ${extraKeys.length}`,
      );
    for (const hash of blockHashes) {
      const key = hashKey(hash);
      const copies = this.held.add(group, event.medium ?? "", key);
      if (copies > 1) this.#reporter.note("second-copy", place, `${key} is held ${copies} times`);
    }
  }

  /** Sliding-window groups keep some blocks of a run only: neither their token count nor their parents follow. */
  #dense(event: BlockStored, group: number, place: Place): void {
    const { blockHashes, blockSize, tokenIds, parent } = event;
    const expected = blockHashes.length * blockSize;
    if (blockSize === 0 && tokenIds.length === 0)
      this.#reporter.note("placeholder", place, `${blockHashes.length} hashes alone`);
    else if (tokenIds.length !== expected)
      this.#reporter.violation(
        "tokens",
        place,
        `expected ${blockHashes.length} × ${blockSize} = ${expected} tokens, found ${tokenIds.length}`,
      );
    if (parent === null) return;
    const key = hashKey(parent);
    if (this.held.holds(group, key)) return;
    if (this.held.known(group, key))
      this.#reporter.violation("parent", place, `expected parent ${key} to be held, but it was removed`);
    else if (this.incomplete) this.#reporter.note("unknown-parent", place, key);
    else this.#reporter.violation("parent", place, `expected parent ${key} to be stored before, but it never was`);
  }

  #removed(event: BlockRemoved, place: Place): void {
    this.#hashes(event.blockHashes, place);
    const group = event.groupIdx ?? 0;
    const medium = event.medium ?? "";
    for (const hash of event.blockHashes) {
      const key = hashKey(hash);
      if (this.held.remove(group, medium, key)) continue;
      // AllBlocksCleared names no tier: whether the blocks of another tier went with it is not told.
      const untold = this.#cleared && medium !== "GPU" && medium !== "";
      if (untold || (this.incomplete && !this.held.known(group, key)))
        this.#reporter.note("unknown-removal", place, key);
      else
        this.#reporter.violation(
          "removal",
          place,
          `expected ${key} to be held in ${medium || "the pool"}, found no copy`,
        );
    }
  }

  #hashes(hashes: readonly WireHash[], place: Place): void {
    for (const hash of hashes) {
      const form = typeof hash === "bigint" ? "a number" : `${hash.length} bytes`;
      this.#hashForm ??= form;
      if (form !== this.#hashForm)
        return this.#reporter.violation("hash", place, `expected ${this.#hashForm}, found ${form}`);
      if (typeof hash !== "bigint" && hash.length < 8)
        return this.#reporter.violation("hash", place, `expected a digest of at least 8 bytes, found ${hash.length}`);
      const signed = (dialect: Dialect): boolean => DIALECTS[dialect].hash === "i64" || SIGNED_VLLM.includes(dialect);
      if (typeof hash === "bigint" && hash < 0n && !this.#fitting().some(signed))
        return this.#reporter.violation("hash", place, `expected a number from 0 to 2^64-1, found ${hash}`);
    }
  }
}
