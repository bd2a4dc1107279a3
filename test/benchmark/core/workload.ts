/** A workload: batches of wire bytes for some holders, questions, and the right answers. */

export interface Batch {
  readonly holder: number;
  readonly payload: Uint8Array;
}

export interface Question {
  /** "128", "625": the latency classes; "mixed": the rest. */
  readonly kind: string;
  readonly model: string;
  readonly lora: string | null;
  /** Content of each block, for {@link Workload.fill}. */
  readonly contents: ArrayLike<number>;
  /** holder -> leading blocks it holds; the others hold none. */
  readonly answer: ReadonlyMap<number, number>;
}

export interface Workload {
  readonly name: string;
  readonly description: string;
  readonly blockSize: number;
  /** A second store of a held block: another copy, or the same. */
  readonly duplicates: "copies" | "set";
  /** Model of holder i. */
  readonly holders: readonly string[];
  /** One list of batches per form of the bytes. */
  readonly forms: ReadonlyMap<string, readonly Batch[]>;
  /** Stored plus removed blocks. */
  readonly operations: number;
  /** (block, holder) pairs resident at the end. */
  readonly residentPairs: number;
  readonly questions: readonly Question[];
  /** Tokens of the blocks with these contents, into `target`. */
  fill(contents: ArrayLike<number>, target: Uint32Array): void;
}
