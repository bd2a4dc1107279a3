/** One SVG: how cost grows with engines and with resident blocks. Drawn by hand: two small line charts need no library. */
import type { BenchReport } from "./results.js";
import { costsByRate } from "./thresholds.js";

const WIDTH = 420;
const HEIGHT = 240;
const MARGIN = { left: 56, right: 16, top: 30, bottom: 40 };

interface Point {
  readonly x: number;
  readonly y: number;
}

export function growthSvg(report: BenchReport): string {
  const fleets = report.results.filter(({ scenario }) => scenario.includes("throughput-system"));
  const costs = fleets.map(({ engines, load }) => ({ engines, byRate: costsByRate(load) }));
  const rates = [...(costs[0]?.byRate.keys() ?? [])].filter((rate) => costs.every(({ byRate }) => byRate.has(rate)));
  const common = Math.max(0, ...rates);
  const engines = costs.flatMap(({ engines: x, byRate }) => {
    const y = byRate.get(common);
    return y === undefined ? [] : [{ x, y }];
  });
  const blocks = (report.wire?.growth ?? []).map((step) => ({
    x: step.residentBlocks,
    y: step.cpuSecondsPerMillionEvents,
  }));
  const bytes = (report.wire?.growth ?? []).map((step) => ({ x: step.residentBlocks, y: step.bytesPerBlock }));
  const charts = [
    chart(`CPU s per million batches, by engines (${common.toLocaleString("en-US")} batches/s)`, engines),
    chart("CPU s per million events, by resident blocks (socket to index)", blocks),
    chart("Bytes per resident block (socket to index)", bytes),
  ];
  const body = charts.map((svg, i) => `<g transform="translate(${i * WIDTH} 0)">${svg}</g>`).join("");
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${charts.length * WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="11"><rect width="100%" height="100%" fill="#fff"/>${body}</svg>\n`;
}

/** x on a logarithmic axis, y from 0. */
function chart(title: string, points: readonly Point[]): string {
  const sorted = [...points].sort((a, b) => a.x - b.x);
  const heading = `<text x="${MARGIN.left}" y="18" font-weight="600">${title}</text>`;
  if (sorted.length === 0) return `${heading}<text x="${MARGIN.left}" y="60">not measured</text>`;
  const [low, high] = [Math.log10(sorted[0]?.x ?? 1), Math.log10(sorted.at(-1)?.x ?? 10)];
  const top = Math.max(...sorted.map(({ y }) => y)) * 1.15 || 1;
  const across = WIDTH - MARGIN.left - MARGIN.right;
  const down = HEIGHT - MARGIN.top - MARGIN.bottom;
  const at = ({ x, y }: Point): readonly [number, number] => [
    MARGIN.left + (high === low ? 0.5 : (Math.log10(x) - low) / (high - low)) * across,
    MARGIN.top + (1 - y / top) * down,
  ];
  const line = sorted
    .map((point) =>
      at(point)
        .map((n) => n.toFixed(1))
        .join(","),
    )
    .join(" ");
  const dots = sorted.map((point) => {
    const [x, y] = at(point);
    const label = Number(point.y.toPrecision(3));
    return `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="3" fill="#2563eb"/><text x="${x.toFixed(1)}" y="${(y - 7).toFixed(1)}" text-anchor="middle">${label}</text><text x="${x.toFixed(1)}" y="${HEIGHT - 22}" text-anchor="middle">${point.x.toLocaleString("en-US")}</text>`;
  });
  const axis = `<line x1="${MARGIN.left}" y1="${HEIGHT - MARGIN.bottom}" x2="${WIDTH - MARGIN.right}" y2="${HEIGHT - MARGIN.bottom}" stroke="#999"/>`;
  return `${heading}${axis}<polyline points="${line}" fill="none" stroke="#2563eb" stroke-width="2"/>${dots.join("")}`;
}
