/** Lines of a file, plain or gzip by its first bytes, one at a time, as bytes and text, without holding the file. */
import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { constants, createGunzip } from "node:zlib";
import { asError, KvproofError, UsageError } from "../../base/errors.js";
import { invalid } from "./trace-lines.js";

/** The longest honest line: a batch of 64 MiB in base64 or, in a recording, 32 MiB in hex. */
export const MAX_LINE_BYTES = 96 << 20;
const READ_BYTES = 256 << 10;
const NEWLINE = 0x0a;

export interface FileLine {
  /** From 1. */
  readonly number: number;
  /** Newline included, unless the file ends without one. */
  readonly bytes: Buffer;
  readonly whole: boolean;
}

export async function isGzip(path: string): Promise<boolean> {
  const file = await open(path).catch((thrown: unknown) => {
    throw new UsageError("KVP_E_FILE_NOT_FOUND", `${path} cannot be read: ${asError(thrown).message}`);
  });
  try {
    if ((await file.stat()).isDirectory())
      throw new UsageError("KVP_E_FILE_NOT_FOUND", `${path} is a folder, not a file`);
    const { bytesRead, buffer } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await file.close();
  }
}

export interface LineOptions {
  readonly gzip: boolean;
  /** Compressed data may end early. */
  readonly cut?: boolean;
  readonly maxLineBytes?: number;
}

/** @throws UsageError KVP_E_TRACE_INVALID where compressed data are damaged or end early, or a line exceeds the limit. */
export async function* fileLines(
  path: string,
  { gzip, cut = false, maxLineBytes = MAX_LINE_BYTES }: LineOptions,
): AsyncGenerator<FileLine> {
  let number = 1;
  let pieces: Buffer[] = [];
  let pending = 0;
  try {
    for await (const chunk of gzip ? unzipped(path, cut) : createReadStream(path, { highWaterMark: READ_BYTES })) {
      let rest = chunk as Buffer;
      for (let at = rest.indexOf(NEWLINE); at >= 0; at = rest.indexOf(NEWLINE)) {
        const bytes = Buffer.concat([...pieces, rest.subarray(0, at + 1)]);
        yield { number: number++, bytes, whole: true };
        rest = rest.subarray(at + 1);
        pieces = [];
        pending = 0;
      }
      pieces.push(rest);
      pending += rest.length;
      if (pending > maxLineBytes) throw invalid(`${path}:${number}`, `the line is longer than ${maxLineBytes} bytes`);
    }
  } catch (thrown) {
    // zlib and the file system give codes (Z_DATA_ERROR, EIO); what has none is a defect of ours.
    if (thrown instanceof KvproofError || typeof (thrown as NodeJS.ErrnoException).code !== "string") throw thrown;
    throw invalid(`${path}:${number}`, `cut off or damaged (${asError(thrown).message})`);
  }
  if (pending > 0) yield { number, bytes: Buffer.concat(pieces), whole: false };
}

async function* unzipped(path: string, cut: boolean): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: READ_BYTES });
  const gunzip = createGunzip({ chunkSize: READ_BYTES, ...(cut ? { finishFlush: constants.Z_SYNC_FLUSH } : {}) });
  file.on("error", (error) => gunzip.destroy(error));
  yield* file.pipe(gunzip) as AsyncIterable<Buffer>;
  const { size } = await stat(path);
  if (gunzip.bytesWritten < size)
    throw Object.assign(new Error(`${size - gunzip.bytesWritten} bytes follow the compressed data`), { code: "TAIL" });
}
