/** `250ms`, `3s`, `1.5m`, `1h` → milliseconds. */
import { z } from "zod";
import { DURATION_PATTERN, durationMs } from "./duration-text.js";

export const duration = z
  .string({ error: "a duration with its unit, such as 250ms, 3s or 1m" })
  .regex(DURATION_PATTERN, { error: "a duration with its unit, such as 250ms, 3s or 1m" })
  .transform((text) => durationMs(text))
  .meta({ description: "Duration with its unit: 250ms, 3s, 1.5m, 1h" });
