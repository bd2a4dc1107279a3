/**
 * A workload: batches of wire bytes for some holders, questions, and the right answers. All packed into a few arrays: a heap of
 * a million small objects would be walked by every garbage collection of the code under test.
 */

/** Batches of one form, in order. */
export class Batches {
  readonly #holders: Uint32Array;
  readonly #ends: Uint32Array;
  readonly #bytes: Uint8Array;
  constructor(batches: readonly { readonly holder: number; readonly payload: Uint8Array }[]) {
    this.#holders = Uint32Array.from(batches, ({ holder }) => holder);
    this.#ends = new Uint32Array(batches.length);
    this.#bytes = new Uint8Array(batches.reduce((sum, { payload }) => sum + payload.length, 0));
    let end = 0;
    batches.forEach(({ payload }, i) => {
      this.#bytes.set(payload, end);
      this.#ends[i] = end += payload.length;
    });
  }
  get count(): number {
    return this.#holders.length;
  }
  holder(i: number): number {
    return this.#holders[i] as number;
  }
  payload(i: number): Uint8Array {
    return this.#bytes.subarray(i === 0 ? 0 : this.#ends[i - 1], this.#ends[i]);
  }
}

export interface Question {
  /** "128", "625": the latency classes; "mixed": the rest. */
  readonly kind: string;
  readonly model: string;
  readonly lora: string | null;
  /** Content of each block, for {@link Workload.fill}. */
  readonly contents: ArrayLike<number>;
  /** holder, leading blocks it holds, and so on; the others hold none. */
  readonly answer: ArrayLike<number>;
}

export class Questions {
  readonly #words: Uint32Array;
  readonly #starts: Uint32Array;
  /** Kinds, models and adapters, by number. */
  readonly #names: (string | null)[] = [];
  constructor(questions: Iterable<Question>) {
    const words: number[] = [];
    const starts: number[] = [];
    for (const { kind, model, lora, contents, answer } of questions) {
      starts.push(words.length);
      words.push(this.#number(kind), this.#number(model), this.#number(lora), contents.length, answer.length);
      for (let i = 0; i < contents.length; i++) words.push(contents[i] as number);
      for (let i = 0; i < answer.length; i++) words.push(answer[i] as number);
    }
    this.#words = Uint32Array.from(words);
    this.#starts = Uint32Array.from(starts);
  }
  #number(name: string | null): number {
    const known = this.#names.indexOf(name);
    return known >= 0 ? known : this.#names.push(name) - 1;
  }
  get count(): number {
    return this.#starts.length;
  }
  get(i: number): Question {
    const at = this.#starts[i] as number;
    const word = (i: number) => this.#words[at + i] as number;
    const first = at + 5;
    const middle = first + word(3);
    return {
      kind: this.#names[word(0)] as string,
      model: this.#names[word(1)] as string,
      lora: this.#names[word(2)] as string | null,
      contents: this.#words.subarray(first, middle),
      answer: this.#words.subarray(middle, middle + word(4)),
    };
  }
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
  readonly forms: ReadonlyMap<string, Batches>;
  /** Stored plus removed blocks. */
  readonly operations: number;
  /** (block, holder) pairs resident at the end. */
  readonly residentPairs: number;
  readonly questions: Questions;
  /** Tokens of the blocks with these contents, into `target`. */
  fill(contents: ArrayLike<number>, target: Uint32Array): void;
}
