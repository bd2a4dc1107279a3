/** The rates that a load of engines goes through, in batches per second over all of them. */
import type { EngineLoadSpec } from "../schema/load.js";

/** From the first rate in equal factors up to the last; a load that does not rise has one. */
export function ratesOf({ rate_per_s, rising }: Pick<EngineLoadSpec, "rate_per_s" | "rising">): number[] {
  const rates: number[] = [rate_per_s];
  if (rising === undefined) return rates;
  for (let next = rate_per_s * rising.factor; next <= rising.to; next *= rising.factor) rates.push(Math.round(next));
  return rates;
}
