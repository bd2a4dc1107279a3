/** Writes a history, gzip when the name ends in .gz. Records must come in order of `at`, the run record first. */
import { createWriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import type { Writable } from "node:stream";
import { constants, createGzip } from "node:zlib";
import { asError, InternalError, KvproofError } from "../../base/errors.js";
import type { HistoryRecord } from "./records.js";

/** Text is handed to the stream in pieces of about this size. */
const PIECE_CHARS = 64 * 1024;
/** A writer that never waits for `ready` is stopped here. */
export const MAX_UNWRITTEN_BYTES = 256 * 1024 * 1024;

export class HistoryWriter {
  readonly #path: string;
  readonly #sink: Writable;
  readonly #done: Promise<void>;
  #piece = "";
  #failure: Error | null = null;
  #closed = false;

  constructor(path: string) {
    this.#path = path;
    const file = createWriteStream(path);
    this.#done = finished(file).catch((thrown: unknown) => void (this.#failure ??= asError(thrown)));
    if (path.endsWith(".gz")) {
      const gzip = createGzip({ level: constants.Z_BEST_SPEED });
      gzip.pipe(file);
      file.on("error", (error) => gzip.destroy(error));
      gzip.on("error", (error) => void (this.#failure ??= error));
      this.#sink = gzip;
    } else this.#sink = file;
  }

  append(record: HistoryRecord): void {
    this.appendLine(JSON.stringify(record));
  }

  /** One record as its JSON text. Throws the stream's failure, or KVP_E_LIMIT when nobody waits for {@link ready}. */
  appendLine(json: string): void {
    if (this.#closed) throw new InternalError(`append to the closed history ${this.#path}`);
    this.#throwFailure();
    this.#piece += `${json}\n`;
    if (this.#piece.length >= PIECE_CHARS) this.#flush();
  }

  /** Resolves when the disk has caught up; await it now and then while appending much. */
  async ready(): Promise<void> {
    while (this.#sink.writableNeedDrain && this.#failure === null) {
      await new Promise<void>((resolve) => {
        const go = (): void => {
          this.#sink.off("drain", go).off("close", go);
          resolve();
        };
        this.#sink.on("drain", go).on("close", go);
      });
    }
    this.#throwFailure();
  }

  /** Resolves once everything is in the file. Idempotent. */
  async close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      this.#flush();
      this.#sink.end();
    }
    await this.#done;
    this.#throwFailure();
  }

  #flush(): void {
    if (this.#piece.length === 0) return;
    if (this.#sink.writableLength > MAX_UNWRITTEN_BYTES) {
      const message = `${this.#path}: more than ${MAX_UNWRITTEN_BYTES} bytes wait to be written`;
      throw new KvproofError("KVP_E_LIMIT", message, { details: { limit: "MAX_UNWRITTEN_BYTES" } });
    }
    this.#sink.write(this.#piece);
    this.#piece = "";
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure;
  }
}
