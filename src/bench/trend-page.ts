/** Trends as one HTML file: a line per figure over its commits, drawn as SVG, each with its values as a table. No JavaScript. */
import type { Trend } from "./trend.js";

const [WIDTH, HEIGHT, MARGIN] = [720, 160, 28] as const;

const STYLE = `
:root { color-scheme: light dark; font: 14px/1.5 system-ui, sans-serif }
body { max-width: 760px; margin: 2rem auto; padding: 0 1rem }
svg { width: 100%; height: auto } polyline { fill: none; stroke: #2563eb; stroke-width: 2 } circle { fill: #2563eb }
.worse circle:last-of-type { fill: #dc2626 } text { font-size: 11px; fill: currentColor }
table { border-collapse: collapse } td { padding: 0 1em 0 0 } h2 { font-size: 1rem; margin-bottom: 0 }
`;

export function trendPage(trends: readonly Trend[], machine: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>kvproof: figures over commits</title><style>${STYLE}</style></head><body>
<h1>Figures over commits</h1><p>${text(machine)}. Red: the last result is worse than the ten before it by more than 10 %; a warning, not a verdict.</p>
${trends.map(section).join("\n")}
</body></html>
`;
}

function section(trend: Trend): string {
  const rows = trend.points.map(
    ({ startedAt, commit, value }) =>
      `<tr><td>${text(startedAt)}</td><td>${text(commit ?? "unknown")}</td><td>${value}</td></tr>`,
  );
  return `<h2>${text(trend.name)}</h2><p>${text(trend.unit)}, ${trend.better} is better</p>
${trendSvg(trend)}
<details><summary>values</summary><table>${rows.join("")}</table></details>`;
}

export function trendSvg({ name, points, warning }: Trend): string {
  const values = points.map(({ value }) => value);
  const high = Math.max(...values);
  const x = (i: number) => MARGIN + (i * (WIDTH - 2 * MARGIN)) / Math.max(1, points.length - 1);
  // From zero up: a chart that begins elsewhere makes noise look like news.
  const y = (value: number) => HEIGHT - MARGIN - (high > 0 ? (value / high) * (HEIGHT - 2 * MARGIN) : 0);
  const at = values.map((value, i) => [x(i).toFixed(1), y(value).toFixed(1)] as const);
  const dots = at.map(
    ([cx, cy], i) =>
      `<circle cx="${cx}" cy="${cy}" r="3"><title>${text(points[i]?.commit ?? "unknown")}: ${values[i]}</title></circle>`,
  );
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${text(name)}"${warning ? ' class="worse"' : ""}>
<text x="${MARGIN}" y="14">${high.toPrecision(4)}</text>
<polyline points="${at.map((point) => point.join(",")).join(" ")}"/>${dots.join("")}</svg>`;
}

function text(raw: string): string {
  return raw.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
