/** Numbers and verdicts as people read them. */
import type { Verdict } from "../judge/verdict.js";

/** 3 significant digits, thousands grouped: 0.123, 4.56, 78.9, 1,234. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const magnitude = Math.abs(value);
  if (magnitude >= 1000 || Number.isInteger(value)) return Math.round(value).toLocaleString("en-US");
  return String(Number(value.toPrecision(3)));
}

export function formatMs(ms: number): string {
  if (!Number.isFinite(ms)) return "–";
  if (ms >= 60_000) return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
  return ms >= 1000 ? `${formatNumber(ms / 1000)} s` : `${formatNumber(ms)} ms`;
}

export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${formatNumber(value)} ${units[unit]}`;
}

export type AnyVerdict = Verdict | "error" | "interrupted";

export const VERDICT_WORD: Record<AnyVerdict, string> = {
  pass: "pass",
  fail: "FAIL",
  unknown: "unknown",
  "not-applicable": "n/a",
  error: "ERROR",
  interrupted: "interrupted",
};

export const VERDICT_SIGN: Record<AnyVerdict, string> = {
  pass: "✓",
  fail: "✗",
  unknown: "?",
  "not-applicable": "–",
  error: "!",
  interrupted: "■",
};
