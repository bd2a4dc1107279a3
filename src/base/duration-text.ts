/** Durations as people write them. Apart from the schema of duration.ts, which costs a process ten megabytes. */
const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;
export const DURATION_PATTERN = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/;

/** `250ms`, `3s`, `1.5m`, `1h` → milliseconds; NaN for anything else. */
export function durationMs(text: string): number {
  const match = DURATION_PATTERN.exec(text);
  return match === null ? Number.NaN : Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS];
}
