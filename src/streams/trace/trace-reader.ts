/** Reads a trace record by record. Its end says how much there must be, so that a shortened file is never a shorter trace. */
import { createHash } from "node:crypto";
import { fileLines, type FileLine } from "./file-lines.js";
import { invalid, parseHeader, parseLine, type TraceEnd } from "./trace-lines.js";
import type { OpenTrace, TraceHeader, TraceRecord } from "./trace-records.js";

export interface ReadOptions {
  /** Take a file without an end (a recorder that was killed) as far as it can be read. */
  readonly cut?: boolean;
}

/** @throws UsageError KVP_E_TRACE_INVALID with line number for all that is damaged, KVP_E_FILE_NOT_FOUND. */
export async function openTrace(path: string, options: ReadOptions = {}): Promise<OpenTrace> {
  const lines = fileLines(path, { gzip: true, cut: options.cut ?? false });
  const first = await lines.next();
  if (first.done) throw invalid(`${path}:1`, "the file is empty");
  const header = parseHeader(first.value.bytes.toString(), `${path}:1`);
  return { header, records: new TraceBody(path, header, first.value, lines, options.cut ?? false).read() };
}

class TraceBody {
  readonly #path: string;
  readonly #header: TraceHeader;
  readonly #lines: AsyncGenerator<FileLine>;
  readonly #cut: boolean;
  readonly #hash = createHash("sha256");
  #records = 0;
  #batches = 0;
  #payloadBytes = 0;

  constructor(path: string, header: TraceHeader, first: FileLine, lines: AsyncGenerator<FileLine>, cut: boolean) {
    this.#path = path;
    this.#header = header;
    this.#lines = lines;
    this.#cut = cut;
    this.#hash.update(first.bytes);
  }

  async *read(): AsyncGenerator<TraceRecord> {
    let last = 1;
    try {
      for await (const { number, bytes, whole } of this.#lines) {
        const place = `${this.#path}:${number}`;
        if (!whole) throw invalid(place, "cut off in the middle of a record");
        const line = parseLine(bytes.toString(), place);
        last = number;
        if (line.kind === "end") return await this.#finish(line.end, place);
        this.#hash.update(bytes);
        yield this.#counted(line.record, place);
      }
      throw invalid(`${this.#path}:${last + 1}`, "cut off: the trace has no end");
    } catch (thrown) {
      if (!this.#cut) throw thrown;
    }
  }

  #counted(record: TraceRecord, place: string): TraceRecord {
    if (record.stream >= this.#header.streams.length)
      throw invalid(place, `names stream ${record.stream}; the header lists ${this.#header.streams.length}`);
    this.#records++;
    if (record.kind === "batch") {
      this.#batches++;
      this.#payloadBytes += record.payload.length;
    }
    return record;
  }

  async #finish(end: TraceEnd, place: string): Promise<void> {
    const found = { records: this.#records, batches: this.#batches, payloadBytes: this.#payloadBytes };
    for (const [what, count] of Object.entries(found)) {
      const told = end[what as keyof typeof found];
      if (told !== count) throw invalid(place, `the end tells of ${told} ${what}, the trace has ${count}`);
    }
    if (this.#hash.digest("hex") !== end.sha256)
      throw invalid(place, "the digest at the end does not fit what is before it");
    if (!(await this.#lines.next()).done) throw invalid(place, "something follows the end of the trace");
  }
}
