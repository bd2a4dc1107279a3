/** Lines of a text file, plain or gzip, in chunks, without holding the file. */
import { createReadStream } from "node:fs";
import { StringDecoder } from "node:string_decoder";
import { createGunzip } from "node:zlib";
import { asError, KvproofError, UsageError } from "../../base/errors.js";

/** A longer line is taken for damage. The longest honest one is a prompt of about a million blocks. */
export const MAX_LINE_CHARS = 64 * 1024 * 1024;
const READ_BYTES = 256 * 1024;

export interface LineChunk {
  /** Number of the first line, from 1. */
  readonly first: number;
  readonly lines: readonly string[];
  /** The file ends after the last of these lines without a newline. */
  readonly torn: boolean;
}

/**
 * Throws KVP_E_FILE_NOT_FOUND; KVP_E_HISTORY_INVALID with the line number where gzip data end early or are damaged, or
 * where a line exceeds {@link MAX_LINE_CHARS}.
 */
export async function* readLines(path: string): AsyncGenerator<LineChunk> {
  const decoder = new StringDecoder("utf8");
  let first = 1;
  let rest = "";
  try {
    for await (const bytes of openText(path)) {
      const lines = (rest + decoder.write(bytes as Buffer)).split("\n");
      rest = lines.pop() as string;
      if (rest.length > MAX_LINE_CHARS) throw damaged(path, first + lines.length, "the line does not end");
      if (lines.length > 0) yield { first, lines, torn: false };
      first += lines.length;
    }
  } catch (thrown) {
    if (thrown instanceof KvproofError) throw thrown;
    const error = asError(thrown) as NodeJS.ErrnoException;
    if (error.code === "ENOENT" || error.code === "EISDIR")
      throw new UsageError("KVP_E_FILE_NOT_FOUND", `${path} is no file`);
    throw damaged(path, first, error.message);
  }
  rest += decoder.end();
  if (rest.length > 0) yield { first, lines: [rest], torn: true };
}

function openText(path: string): AsyncIterable<unknown> {
  const file = createReadStream(path, { highWaterMark: READ_BYTES });
  if (!path.endsWith(".gz")) return file;
  const gunzip = createGunzip({ chunkSize: READ_BYTES });
  file.on("error", (error) => gunzip.destroy(error));
  return file.pipe(gunzip);
}

export function damaged(path: string, line: number, what: string): UsageError {
  return new UsageError("KVP_E_HISTORY_INVALID", `${path} line ${line}: ${what}`);
}
