/** A row of values as a picture of one table cell; the exact values are in its tips. */
import { escapeHtml } from "./markup.js";

const [WIDTH, HEIGHT, MARGIN] = [190, 34, 5] as const;

export interface SparkPoint {
  readonly value: number;
  readonly tip: string;
}

/** From the smallest value at the bottom to the largest at the top: the cells beside it say how far apart they are. */
export function sparkSvg(label: string, points: readonly SparkPoint[], warning = false): string {
  if (points.length === 0) return "";
  const values = points.map(({ value }) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const x = (i: number): string => (MARGIN + (i * (WIDTH - 2 * MARGIN)) / Math.max(1, points.length - 1)).toFixed(1);
  const y = (value: number): string =>
    (high === low ? HEIGHT / 2 : HEIGHT - MARGIN - ((value - low) / (high - low)) * (HEIGHT - 2 * MARGIN)).toFixed(1);
  const dots = points.map(
    ({ value, tip }, i) =>
      `<circle cx="${x(i)}" cy="${y(value)}" r="${i === points.length - 1 ? 3 : 1.7}"><title>${escapeHtml(tip)}</title></circle>`,
  );
  const line = values.map((value, i) => `${x(i)},${y(value)}`).join(" ");
  return `<svg class="spark${warning ? " warning" : ""}" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(label)}"><polyline points="${line}"/>${dots.join("")}</svg>`;
}
