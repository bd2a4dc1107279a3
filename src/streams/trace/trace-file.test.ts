/** A trace is evidence. A file that was cut, damaged or written by a newer version must never pass for a shorter stream. */
import { mkdtempSync, readFileSync, rmSync, existsSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { KvproofError } from "../../base/errors.js";
import { aBatch, aStream, removed, stored } from "../testing/a-trace.js";
import { fileLines } from "./file-lines.js";
import { openStreams } from "./open-trace.js";
import { TRACE_FORMAT, TRACE_VERSION, type TraceHeader, type TraceRecord } from "./trace-records.js";
import { openTrace } from "./trace-reader.js";
import { TraceWriter } from "./trace-writer.js";

let dir: string;
let files = 0;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "kvproof-trace-"));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const header: TraceHeader = {
  format: TRACE_FORMAT,
  version: TRACE_VERSION,
  tool: "test",
  startedAt: "2026-01-01T00:00:00.000Z",
  streams: [aStream(), aStream({ engine: "b", rank: 1, replay: "tcp://127.0.0.1:1", topic: "kv@b" })],
};
const RECORDS: readonly TraceRecord[] = [
  { kind: "life", stream: 0, life: 1, atUs: 0, why: "the recording began" },
  aBatch(0, [stored(null, [1, 2])]),
  { kind: "hole", stream: 0, life: 1, from: 1, to: 2, why: "lost" },
  aBatch(3, [removed([2])]),
  { kind: "odd", stream: 0, life: 1, atUs: 9, frames: [Buffer.from("x"), Buffer.alloc(0)], problem: "2 frames" },
];

async function written(records: readonly TraceRecord[]): Promise<string> {
  const path = join(dir, `${files++}.kvtrace`);
  const writer = new TraceWriter(path, header);
  for (const record of records) writer.append(record);
  await writer.finish();
  return path;
}

async function read(path: string, cut = false): Promise<TraceRecord[]> {
  const records: TraceRecord[] = [];
  const trace = await openTrace(path, { cut });
  for await (const record of trace.records) records.push(record);
  return records;
}

/** Bytes as hex: a Buffer and a Uint8Array of the same bytes are the same here. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, plain(field)]));
}

const bytes = fc.uint8Array({ maxLength: 40 });
const count = fc.nat({ max: 2 ** 40 });
const on = { stream: fc.nat({ max: 1 }), life: fc.integer({ min: 1, max: 9 }) };
const anyRecord: fc.Arbitrary<TraceRecord> = fc.oneof(
  fc.record({
    kind: fc.constant("batch" as const),
    ...on,
    seq: count,
    atUs: count,
    via: fc.constantFrom("live" as const, "replay" as const),
    topic: fc.option(fc.string({ unit: "grapheme" })),
    payload: bytes,
  }),
  fc.record({ kind: fc.constant("hole" as const), ...on, from: count, to: count, why: fc.string() }),
  fc.record({ kind: fc.constant("life" as const), ...on, atUs: count, why: fc.string() }),
  fc.record({
    kind: fc.constant("odd" as const),
    ...on,
    atUs: count,
    frames: fc.array(bytes, { maxLength: 4 }),
    problem: fc.string(),
  }),
);

describe("a trace file", () => {
  it("gives back what was recorded, byte for byte", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyRecord, { maxLength: 20 }), async (records) => {
        expect(plain(await read(await written(records)))).toEqual(plain(records));
      }),
      { numRuns: 60 },
    );
  });

  it("cut at any byte is an error with the place, and with --cut what is before", async () => {
    const whole = readFileSync(await written(RECORDS));
    const cut = join(dir, "cut.kvtrace");
    const seen = new Set<number>();
    for (let size = 0; size < whole.length; size++) {
      writeFileSync(cut, whole.subarray(0, size));
      await expect(read(cut), `${size} of ${whole.length} bytes`).rejects.toThrow(/cut\.kvtrace:\d+: /);
      if (size < 60) continue;
      const salvaged = await read(cut, true).catch(() => []);
      expect(plain(salvaged)).toEqual(plain(RECORDS.slice(0, salvaged.length)));
      seen.add(salvaged.length);
    }
    expect(seen.size).toBeGreaterThan(0);
  });

  it("with any byte changed is an error, or says exactly the same", async () => {
    const whole = readFileSync(await written(RECORDS));
    const path = join(dir, "flipped.kvtrace");
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: whole.length - 1 }), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const damaged = Buffer.from(whole);
        damaged[at] = (damaged[at] as number) ^ flip;
        writeFileSync(path, damaged);
        const outcome = await read(path).then(plain, (thrown: unknown) =>
          thrown instanceof KvproofError && thrown.message.includes("flipped.kvtrace:") ? thrown.code : thrown,
        );
        expect([plain(RECORDS), "KVP_E_TRACE_INVALID"]).toContainEqual(outcome);
      }),
      { numRuns: 400 },
    );
  });

  it.each<[string, (lines: string[]) => string[], RegExp]>([
    ["a line is missing", (lines) => lines.toSpliced(2, 1), /:6: the end tells of 5 records, the trace has 4/],
    [
      "two lines changed places",
      (lines) => [lines[0]!, lines[1]!, lines[3]!, lines[2]!, ...lines.slice(4)],
      /:7: the digest/,
    ],
    ["a number was edited", (lines) => lines.map((line) => line.replace('"seq":3', '"seq":4')), /:7: the digest/],
    ["the end is missing", (lines) => lines.slice(0, -1), /:7: cut off: the trace has no end/],
    ["something follows", (lines) => [...lines, "{}"], /:7: something follows the end/],
    ["a line is no JSON", (lines) => lines.with(3, "{"), /:4: not JSON/],
    ["a record is unknown", (lines) => lines.with(3, '{"k":"dance"}'), /:4: not a record/],
    [
      "a payload is no base64",
      (lines) => lines.map((line) => line.replace('"payload":"', '"payload":"*')),
      /:3: not a record.*payload/,
    ],
    [
      "a stream is not listed",
      (lines) => lines.map((line) => line.replace('"s":0', '"s":7')),
      /:2: names stream 7; the header lists 2/,
    ],
    ["the header is another file's", () => ['{"hello":1}'], /:1: not the header/],
    ["nothing is in it", () => [], /:1: the file is empty/],
    [
      "a newer version wrote it",
      (lines) => lines.with(0, lines[0]!.replace('"version":1', '"version":2')),
      /:1: the trace has version 2; this kvproof reads up to 1/,
    ],
  ])("is refused when %s", async (_, change, problem) => {
    const lines = gunzipSync(readFileSync(await written(RECORDS)))
      .toString()
      .trimEnd()
      .split("\n");
    const path = join(dir, `${files++}.kvtrace`);
    writeFileSync(
      path,
      gzipSync(
        change(lines)
          .map((line) => `${line}\n`)
          .join(""),
      ),
    );
    const reading = read(path);
    await expect(reading).rejects.toThrow(problem);
    await expect(reading).rejects.toMatchObject({ code: "KVP_E_TRACE_INVALID", exitCode: 64 });
  });

  it("with bytes behind its compressed data is refused", async () => {
    const path = join(dir, "tail.kvtrace");
    writeFileSync(path, Buffer.concat([readFileSync(await written(RECORDS)), Buffer.from("tail")]));
    await expect(read(path)).rejects.toThrow(/tail\.kvtrace:\d+: /);
  });

  it("whose line does not end is not read into memory without limit", async () => {
    const path = join(dir, "long.kvtrace");
    writeFileSync(path, gzipSync(Buffer.alloc(3_000_000, "x")));
    const lines = fileLines(path, { gzip: true, maxLineBytes: 1_000_000 });
    await expect(lines.next()).rejects.toThrow(/long\.kvtrace:1: the line is longer than 1000000 bytes/);
  });

  it("appears under its name only once it is whole, and is not overwritten unasked", async () => {
    const path = join(dir, "whole.kvtrace");
    const writer = new TraceWriter(path, header);
    writer.append(RECORDS[0]!);
    expect(existsSync(path)).toBe(false);
    await writer.finish();
    expect(existsSync(path)).toBe(true);
    expect(existsSync(`${path}.partial`)).toBe(false);
    expect(() => new TraceWriter(path, header)).toThrow(/exists/);
    const again = new TraceWriter(path, header, true);
    await again.finish();
    expect(await read(path)).toEqual([]);
  });

  it.skipIf(!existsSync("/dev/full"))("on a full disk fails with a name for what is kept (needs Linux)", async () => {
    const path = join(dir, "full.kvtrace");
    symlinkSync("/dev/full", `${path}.partial`);
    const writer = new TraceWriter(path, header);
    writer.append(RECORDS[1]!);
    const finishing = writer.finish();
    await expect(finishing).rejects.toMatchObject({ code: "KVP_E_TRACE_UNWRITABLE", exitCode: 69 });
    await expect(finishing).rejects.toThrow(/ENOSPC.*1 batches.*full\.kvtrace\.partial/);
    expect(existsSync(path)).toBe(false);
  });

  it("that does not exist, or is a folder, is a wrong path", async () => {
    await expect(openStreams(join(dir, "none"))).rejects.toMatchObject({ code: "KVP_E_FILE_NOT_FOUND" });
    await expect(openStreams(dir)).rejects.toMatchObject({ code: "KVP_E_FILE_NOT_FOUND" });
  });

  it("may be a recording in JSON lines; a wrong line of it is named", async () => {
    const path = join(dir, "r.jsonl");
    writeFileSync(path, '{"kind":"mark"}\n{"kind":"event","seq":-1,"payload_hex":"0g"}\n');
    await expect(openStreams(path)).rejects.toThrow(/r\.jsonl:2: seq: .*payload_hex/);
    writeFileSync(path, "PK\u0003\u0004");
    await expect(openStreams(path)).rejects.toThrow(/r\.jsonl:1: neither a trace \(gzip\) nor a recording/);
  });
});
