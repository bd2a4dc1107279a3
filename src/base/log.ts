/**
 * Logs are NDJSON on standard error (pino), one line per fact, written so that a person understands it:
 * `log.warn({ engine, rank, missing: 3 }, "gap: 3 batches missing, replay requested")`. No secrets, no prompts.
 */
import { pino } from "pino";

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
  const destination = pino.destination({ dest: 2, sync: true });
  return pino({ name, level, base: { name }, timestamp: pino.stdTimeFunctions.isoTime }, destination);
}

const ignore: LogCall = () => undefined;
export const silentLogger: Logger = {
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
  child: () => silentLogger,
};
