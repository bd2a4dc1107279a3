/**
 * Standard error as the place of a log. A log that cannot be written (its disk is full) costs lines, never the process: lines
 * are dropped, counted, and owned up to as soon as there is space again.
 */
import { writeSync } from "node:fs";

const STDERR = 2;
/** A pipe whose reader is slow is tried again this often, a little later each time. */
const MAX_ATTEMPTS = 50;
const PAUSE_MS = 2;

export type WriteBytes = (bytes: Buffer, offset: number) => number;

const toStderr: WriteBytes = (bytes, offset) => writeSync(STDERR, bytes, offset);

export class StderrSink {
  readonly #write: WriteBytes;
  readonly #lostLine: (lost: number, why: string) => string;
  #lost = 0;
  #why = "";
  /** The last write broke off in the middle of a line. */
  #torn = false;

  /** `lostLine`: what is logged, newline included, once lines get through again. */
  constructor(lostLine: (lost: number, why: string) => string, write: WriteBytes = toStderr) {
    this.#lostLine = lostLine;
    this.#write = write;
  }

  write(line: string): void {
    const owned = this.#lost > 0 ? this.#lostLine(this.#lost, this.#why) : "";
    if (this.#put(Buffer.from(`${this.#torn ? "\n" : ""}${owned}${line}`))) this.#lost = 0;
    else this.#lost++;
  }

  /** False = not written whole. */
  #put(bytes: Buffer): boolean {
    let written = 0;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; ) {
      try {
        written += this.#write(bytes, written);
        if (written < bytes.length) continue;
        this.#torn = false;
        return true;
      } catch (thrown) {
        const { code } = thrown as NodeJS.ErrnoException;
        this.#why = code ?? String(thrown);
        if (code !== "EAGAIN") break;
        attempt++;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
      }
    }
    this.#torn = this.#torn || written > 0;
    return false;
  }
}
