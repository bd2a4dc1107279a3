/** Files of evidence: each bounded in size and time, without secrets, and what cannot be had is noted instead of ending anything. */
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { withTimeout } from "../../../base/async.js";
import { asError } from "../../../base/errors.js";

export interface CollectionLimits {
  /** For one piece of evidence. */
  readonly pieceMs: number;
  /** For all of it: what has not begun by then is left out. */
  readonly allMs: number;
  /** Of one file: the end is kept, for it is what went before a failure. */
  readonly fileCharacters: number;
}

export const COLLECTION_LIMITS: CollectionLimits = { pieceMs: 10_000, allMs: 60_000, fileCharacters: 4 * 1024 * 1024 };
export const NOT_COLLECTED = "not-collected.txt";
/** Shorter ones would be found everywhere. */
const MIN_SECRET_CHARACTERS = 8;

export class Collection {
  readonly #dir: string;
  readonly #secrets: readonly string[];
  readonly #limits: CollectionLimits;
  readonly #until: number;

  constructor(dir: string, secrets: readonly string[], limits = COLLECTION_LIMITS) {
    this.#dir = dir;
    this.#secrets = secrets.filter(({ length }) => length >= MIN_SECRET_CHARACTERS);
    this.#limits = limits;
    this.#until = performance.now() + limits.allMs;
    mkdirSync(dir, { recursive: true });
  }

  /** Never rejects; null = it could not be had. */
  async piece<T>(what: string, get: () => Promise<T>): Promise<T | null> {
    const left = this.#until - performance.now();
    if (left <= 0) {
      this.#note(what, `the ${this.#limits.allMs} ms for evidence were over`);
      return null;
    }
    try {
      return await withTimeout(get(), Math.min(left, this.#limits.pieceMs), what);
    } catch (thrown) {
      this.#note(what, asError(thrown).message || String(thrown));
      return null;
    }
  }

  /** Nothing is written of nothing. */
  write(name: string, text: string): void {
    if (text === "") return;
    const file = join(this.#dir, name);
    mkdirSync(dirname(file), { recursive: true });
    const plain = this.#withoutSecrets(text);
    const over = plain.length - this.#limits.fileCharacters;
    writeFileSync(file, over <= 0 ? plain : `… ${over} characters before this are left out\n${plain.slice(over)}`);
  }

  #note(what: string, why: string): void {
    const line = this.#withoutSecrets(`${what}: ${why.replaceAll("\n", " ")}`);
    appendFileSync(join(this.#dir, NOT_COLLECTED), `${line}\n`);
  }

  #withoutSecrets(text: string): string {
    return this.#secrets.reduce((rest, secret) => rest.replaceAll(secret, "…"), text);
  }
}
