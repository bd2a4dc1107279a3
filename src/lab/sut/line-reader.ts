/**
 * Cuts a byte stream into lines of UTF-8, with a limit: whatever the other side sends, memory stays below one line. After
 * the first problem nothing more is read.
 */
import type { Readable } from "node:stream";

/** Longest line of the driver protocol, without its newline. */
export const MAX_LINE_BYTES = 16 * 1024 * 1024;
const NEWLINE = 0x0a;

export interface LineListener {
  line(text: string): void;
  /** The bytes are no lines of text: too long, or not UTF-8. */
  problem(what: string): void;
  end(): void;
}

export class LineReader {
  readonly #input: Readable;
  readonly #listener: LineListener;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });
  #parts: Buffer[] = [];
  #bytes = 0;
  #stopped = false;

  constructor(input: Readable, listener: LineListener) {
    this.#input = input;
    this.#listener = listener;
    input.on("data", (chunk: Buffer) => this.#take(chunk));
    input.once("end", () => this.#end());
    input.on("error", () => this.#end());
  }

  /** Reads nothing more; the writer will find the pipe closed. */
  stop(): void {
    this.#stopped = true;
    this.#parts = [];
    this.#input.destroy();
  }

  #take(chunk: Buffer): void {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at >= 0 && !this.#stopped; at = chunk.indexOf(NEWLINE, from)) {
      this.#keep(chunk.subarray(from, at));
      from = at + 1;
      if (!this.#stopped) this.#line();
    }
    if (!this.#stopped) this.#keep(chunk.subarray(from));
  }

  #keep(part: Buffer): void {
    if (part.length === 0) return;
    this.#parts.push(part);
    this.#bytes += part.length;
    if (this.#bytes > MAX_LINE_BYTES) this.#problem(`a line is longer than ${MAX_LINE_BYTES} bytes`);
  }

  #line(): void {
    const bytes = this.#parts.length === 1 ? (this.#parts[0] as Buffer) : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#bytes = 0;
    let text: string;
    try {
      text = this.#decoder.decode(bytes);
    } catch {
      this.#problem("a line is not UTF-8");
      return;
    }
    this.#listener.line(text.endsWith("\r") ? text.slice(0, -1) : text);
  }

  #problem(what: string): void {
    this.stop();
    this.#listener.problem(what);
  }

  #end(): void {
    if (this.#stopped) return;
    this.stop();
    this.#listener.end();
  }
}
