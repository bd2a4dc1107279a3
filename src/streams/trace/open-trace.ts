/** Opens whatever holds event streams: a trace, or a recording in JSON lines. */
import { isGzip } from "./file-lines.js";
import { openRecording } from "./recording-reader.js";
import { openTrace, type ReadOptions } from "./trace-reader.js";
import type { OpenTrace } from "./trace-records.js";

/** @throws UsageError KVP_E_FILE_NOT_FOUND, KVP_E_TRACE_INVALID. */
export async function openStreams(path: string, options: ReadOptions = {}): Promise<OpenTrace> {
  return (await isGzip(path)) ? openTrace(path, options) : openRecording(path);
}
