/** The log file of the system under test, from a moment on: NDJSON as pino writes it, or lines of text as any program does. */
import { type FileHandle, open, stat } from "node:fs/promises";
import type { LogRecord } from "../../judge/history/records.js";

export type LogLine = Omit<LogRecord, "k" | "at">;

/** Read at one look; what is more is read at the next. */
const MAX_BYTES = 256 * 1024;
const MAX_MESSAGE = 500;
/** pino's numbers; debug and trace are not for people on call. */
const INFO = 30;
const WARN = 40;
const ERROR = 50;

export class SutLog {
  readonly #path: string;
  #position = 0;
  #rest = "";

  constructor(path: string) {
    this.#path = path;
  }

  /** Passes over what is there already. */
  async skip(): Promise<void> {
    this.#position = (await stat(this.#path).catch(() => null))?.size ?? 0;
    this.#rest = "";
  }

  /** Whole lines that came since the last look; none when the file cannot be read. */
  async news(): Promise<LogLine[]> {
    let file: FileHandle | null = null;
    try {
      file = await open(this.#path, "r");
      const { bytesRead, buffer } = await file.read(Buffer.alloc(MAX_BYTES), 0, MAX_BYTES, this.#position);
      this.#position += bytesRead;
      const lines = (this.#rest + buffer.toString("utf8", 0, bytesRead)).split("\n");
      this.#rest = (lines.pop() ?? "").slice(-MAX_BYTES);
      return lines.flatMap((line) => parseLogLine(line) ?? []);
    } catch {
      return [];
    } finally {
      await file?.close();
    }
  }
}

/** Null for what says nothing to people: empty lines, debug output. */
export function parseLogLine(line: string): LogLine | null {
  if (line.trim() === "") return null;
  let entry: Record<string, unknown> | null;
  try {
    entry = JSON.parse(line) as Record<string, unknown> | null;
  } catch {
    entry = null;
  }
  if (typeof entry !== "object" || entry === null) return textLine(line);
  const { level, msg, engine, suppressed } = entry;
  if (typeof level !== "number" || typeof msg !== "string") return textLine(line);
  if (level < INFO) return null;
  return {
    level: level >= ERROR ? "error" : level >= WARN ? "warn" : "info",
    message: withReason(msg, entry),
    ...(typeof engine === "string" ? { engine } : {}),
    ...(typeof suppressed === "number" && suppressed > 0 ? { suppressed } : {}),
  };
}

/** Fields that say why, which pino keeps out of the message. */
function withReason(message: string, { why, reason, error }: Record<string, unknown>): string {
  const told = [why, reason, error].filter((field) => typeof field === "string" && !message.includes(field));
  return [message, ...told].join("; ").slice(0, MAX_MESSAGE);
}

function textLine(line: string): LogLine {
  const level = /\b(error|fatal|panic)\b/i.test(line) ? "error" : /\bwarn(ing)?\b/i.test(line) ? "warn" : "info";
  return { level, message: line.slice(0, MAX_MESSAGE) };
}
