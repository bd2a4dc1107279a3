/** A request's tokens, prompt then output. Views of what is written stay valid: events may keep them without copying. */
export class TokenBuffer {
  #tokens: Uint32Array;
  #length: number;

  constructor(prompt: Uint32Array) {
    this.#tokens = prompt;
    this.#length = prompt.length;
  }

  get length(): number {
    return this.#length;
  }

  /** The backing array; only `[0, length)` is meaningful, and a later push may replace it by a longer one. */
  get array(): Uint32Array {
    return this.#tokens;
  }

  push(token: number): void {
    if (this.#length === this.#tokens.length) {
      // The first push copies too, so that the caller's prompt is never written to.
      const grown = new Uint32Array(Math.max(16, this.#length * 2));
      grown.set(this.#tokens);
      this.#tokens = grown;
    }
    this.#tokens[this.#length++] = token;
  }

  slice(from: number, to: number): Uint32Array {
    return this.#tokens.subarray(from, to);
  }
}
