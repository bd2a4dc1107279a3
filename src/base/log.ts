/**
 * Logs are NDJSON on standard error (pino), one line per fact, written so that a person understands it:
 * `log.warn({ engine, rank, missing: 3 }, "gap: 3 batches missing, replay requested")`. No secrets, no prompts.
 */
import { pino } from "pino";
import { StderrSink } from "./stderr-sink.js";

/** pino's number for it. */
const WARN = 40;

export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";
type LogCall = (fields: Record<string, unknown>, message: string) => void;

export interface Logger {
  debug: LogCall;
  info: LogCall;
  warn: LogCall;
  error: LogCall;
  child(fields: Record<string, unknown>): Logger;
}

export function createLogger(name: string, level: LogLevel = "info"): Logger {
  const sink = new StderrSink((lost, why) => {
    const entry = {
      level: WARN,
      time: new Date().toISOString(),
      name,
      lost,
      msg: `${lost} log lines are lost: ${why}`,
    };
    return `${JSON.stringify(entry)}\n`;
  });
  return pino({ name, level, base: { name }, timestamp: pino.stdTimeFunctions.isoTime }, sink);
}

const ignore: LogCall = () => undefined;
export const silentLogger: Logger = {
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
  child: () => silentLogger,
};
