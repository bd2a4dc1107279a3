/** Trends as lines for people: one figure each, oldest to newest as a row of bars. */
import { bars } from "../base/bars.js";
import type { Trend } from "./trend.js";

/** As many of the newest points as fit a line. */
const WIDTH = 40;

export function trendLines(trends: readonly Trend[]): string[] {
  const width = Math.max(0, ...trends.map(({ name }) => name.length));
  return trends.flatMap((trend) => {
    const { name, unit, points, usual, worse, warning, better } = trend;
    const values = points.slice(-WIDTH).map(({ value }) => value);
    const last = points.at(-1);
    const against =
      usual === null || worse === null
        ? "too few results to compare with"
        : `usual ${figure(usual)}, ${worse >= 0 ? "+" : ""}${(worse * 100).toFixed(1)} % worse`;
    const line = `${name.padEnd(width)}  ${bars(values)}  ${figure(last?.value ?? 0)} ${unit} (${better} is better), ${against}`;
    return warning
      ? [
          line,
          `${" ".repeat(width)}  ^ worse than usual since ${last?.commit ?? "an unknown commit"}: a warning, not a verdict`,
        ]
      : [line];
  });
}

const figure = (value: number): string => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3));
