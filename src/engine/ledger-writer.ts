/** Appends ledger records, whole lines at a time, before the bytes they speak of leave: what is on the wire is on file. */
import { closeSync, fstatSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { asError, UnavailableError } from "../base/errors.js";
import type { LedgerRecord } from "../base/ledger.js";

export interface LedgerWriter {
  /** Throws when the record cannot be written whole; the file is then as before. */
  append(record: LedgerRecord): void;
  close(): void;
}

/** For engines whose truth nobody asked for. */
export const noLedger: LedgerWriter = { append: () => undefined, close: () => undefined };

export class LedgerFile implements LedgerWriter {
  readonly path: string;
  readonly #fd: number;
  #size: number;
  #refused = 0;
  #waiting: (() => void)[] = [];

  constructor(path: string) {
    this.path = path;
    try {
      this.#fd = openSync(path, "a", 0o644);
    } catch (cause) {
      throw new UnavailableError("KVP_E_FILE_NOT_FOUND", `cannot write the ledger ${path}: ${asError(cause).message}`, {
        cause,
      });
    }
    this.#size = fstatSync(this.#fd).size;
  }

  /** Bytes of whole records, those of earlier lives in the same file included. */
  get size(): number {
    return this.#size;
  }

  /** Appends that failed, each time that one was tried; a disk that is full refuses them. */
  get refusedWrites(): number {
    return this.#refused;
  }

  append(record: LedgerRecord): void {
    const line = Buffer.from(`${JSON.stringify(record)}\n`);
    let written = 0;
    try {
      while (written < line.length) written += writeSync(this.#fd, line, written);
    } catch (thrown) {
      this.#refused++;
      // A full disk takes part of a line; readers must never see half a record.
      if (written > 0) ftruncateSync(this.#fd, this.#size);
      throw thrown;
    }
    this.#size += line.length;
    this.#wake();
  }

  /** Resolves once the file is longer than `size`, or at the latest when it is closed or the signal is raised. */
  longerThan(size: number, signal: AbortSignal): Promise<void> {
    if (this.#size > size || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  }

  #wake(): void {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  close(): void {
    closeSync(this.#fd);
    this.#wake();
  }
}
