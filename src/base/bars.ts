/** Values as a row of characters: one bar each. */
const BARS = "▁▂▃▄▅▆▇█";

/** From the smallest value to the largest one. */
export function bars(values: readonly number[]): string {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const step = (high - low) / (BARS.length - 1);
  return values.map((value) => BARS[step === 0 ? 3 : Math.round((value - low) / step)]).join("");
}
