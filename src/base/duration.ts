/** `250ms`, `3s`, `1.5m`, `1h` → milliseconds. */
import { z } from "zod";

const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;
const PATTERN = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/;

export const duration = z
  .string({ error: "a duration with its unit, such as 250ms, 3s or 1m" })
  .regex(PATTERN, { error: "a duration with its unit, such as 250ms, 3s or 1m" })
  .transform((text) => durationMs(text))
  .meta({ description: "Duration with its unit: 250ms, 3s, 1.5m, 1h" });

export function durationMs(text: string): number {
  const match = PATTERN.exec(text);
  return match === null ? Number.NaN : Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS];
}
