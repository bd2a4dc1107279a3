/**
 * Writes a trace: gzip lines into `<path>.partial`, which bears the trace's name once its end is written. What stops in the
 * middle (a full disk, kill -9) leaves the partial file, flushed once a second; readers take it with `--cut`.
 */
import { createHash } from "node:crypto";
import { createWriteStream, existsSync, renameSync } from "node:fs";
import { finished } from "node:stream/promises";
import { constants, createGzip } from "node:zlib";
import { delay } from "../../base/async.js";
import { asError, InternalError, KvproofError, UnavailableError, UsageError } from "../../base/errors.js";
import { endLine, headerLine, recordLine } from "./trace-lines.js";
import type { TraceHeader, TraceRecord } from "./trace-records.js";

/** Bytes that may wait for the disk; beyond it the recording fails rather than eat the machine. */
export const MAX_UNWRITTEN_BYTES = 256 << 20;
const FLUSH_INTERVAL_MS = 1000;
const DRAIN_LOOK_MS = 5;

export class TraceWriter {
  readonly #path: string;
  readonly #gzip = createGzip({ level: constants.Z_DEFAULT_COMPRESSION });
  readonly #hash = createHash("sha256");
  readonly #done: Promise<void>;
  readonly #flushTimer: NodeJS.Timeout;
  #failure: Error | null = null;
  #ended = false;
  #records = 0;
  #batches = 0;
  #payloadBytes = 0;

  /** @throws UsageError KVP_E_USAGE when the trace exists and `overwrite` is false. */
  constructor(path: string, header: TraceHeader, overwrite = false) {
    if (!overwrite && existsSync(path))
      throw new UsageError("KVP_E_USAGE", `${path} exists; name another file, or --force`);
    this.#path = path;
    const file = createWriteStream(this.partialPath);
    this.#done = finished(file).catch((thrown: unknown) => void (this.#failure ??= asError(thrown)));
    this.#gzip.on("error", (error) => void (this.#failure ??= error));
    file.on("error", (error) => this.#gzip.destroy(error));
    this.#gzip.pipe(file);
    this.#line(headerLine(header));
    this.#flushTimer = setInterval(() => this.#gzip.flush(constants.Z_SYNC_FLUSH), FLUSH_INTERVAL_MS);
    this.#flushTimer.unref();
  }

  get partialPath(): string {
    return `${this.#path}.partial`;
  }
  get batches(): number {
    return this.#batches;
  }
  /** What went wrong with the file, if anything did. */
  get failure(): KvproofError | null {
    return this.#failure === null ? null : this.#unwritable(this.#failure);
  }

  /** @throws UnavailableError KVP_E_TRACE_UNWRITABLE once the file has failed. */
  append(record: TraceRecord): void {
    if (this.#ended) throw new InternalError(`a record after the end of ${this.#path}`);
    this.#check();
    this.#records++;
    if (record.kind === "batch") {
      this.#batches++;
      this.#payloadBytes += record.payload.length;
    }
    this.#line(recordLine(record));
  }

  /** Resolves when the disk has caught up. */
  async drained(): Promise<void> {
    while (this.#gzip.writableNeedDrain && this.#failure === null) await delay(DRAIN_LOOK_MS);
  }

  /** Writes the end and gives the file its name. @throws as `append`; the partial file is then still there. */
  async finish(): Promise<void> {
    clearInterval(this.#flushTimer);
    if (!this.#ended) {
      this.#ended = true;
      const sha256 = this.#hash.copy().digest("hex");
      const end = { records: this.#records, batches: this.#batches, payloadBytes: this.#payloadBytes, sha256 };
      if (this.#failure === null) this.#gzip.end(`${endLine(end)}\n`);
    }
    await this.#done;
    this.#check();
    renameSync(this.partialPath, this.#path);
  }

  #line(json: string): void {
    const bytes = Buffer.from(`${json}\n`);
    this.#hash.update(bytes);
    this.#gzip.write(bytes);
    if (this.#gzip.writableLength > MAX_UNWRITTEN_BYTES)
      this.#failure ??= new Error(`more than ${MAX_UNWRITTEN_BYTES} bytes wait to be written`);
  }

  #check(): void {
    if (this.#failure !== null) throw this.#unwritable(this.#failure);
  }

  #unwritable(cause: Error): KvproofError {
    const kept = existsSync(this.partialPath)
      ? `the ${this.#batches} batches until then are kept, as far as they were written, in ${this.partialPath}`
      : "nothing was kept";
    return new UnavailableError(
      "KVP_E_TRACE_UNWRITABLE",
      `${this.#path} cannot be written: ${cause.message}; ${kept}`,
      { cause },
    );
  }
}
