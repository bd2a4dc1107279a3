/**
 * Charts as static SVG (echarts, server side), so that a report needs no JavaScript. Every chart is drawn twice, for wide
 * and narrow screens, and painted with the page's own colours: palette entries are stand-ins that become CSS variables.
 */
import { BarChart, CustomChart, HeatmapChart, LineChart } from "echarts/charts";
import { GridComponent, LegendComponent, MarkAreaComponent, VisualMapComponent } from "echarts/components";
import { type EChartsCoreOption, init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";

use([
  BarChart,
  LineChart,
  HeatmapChart,
  CustomChart,
  GridComponent,
  LegendComponent,
  MarkAreaComponent,
  VisualMapComponent,
  SVGRenderer,
]);

/** Stand-in colour → CSS variable of the page. The stand-ins are colours that nothing else uses. */
const PALETTE = {
  "#010101": "--ink",
  "#010102": "--muted",
  "#010103": "--line",
  "#010104": "--panel",
  "#0101a1": "--c1",
  "#0101a2": "--c2",
  "#0101a3": "--c3",
  "#0101a4": "--c4",
  "#0101a5": "--c5",
  "#0101a6": "--c6",
  "#0101b1": "--pass",
  "#0101b2": "--fail",
  "#0101b3": "--unknown",
  "#0101b4": "--band",
} as const;

export const INK = "#010101";
export const MUTED = "#010102";
export const LINE = "#010103";
export const SERIES_COLOURS = ["#0101a1", "#0101a2", "#0101a3", "#0101a4", "#0101a5", "#0101a6"];
export const PASS = "#0101b1";
export const FAIL = "#0101b2";
export const UNKNOWN = "#0101b3";
export const BAND = "#0101b4";

const WIDE_PX = 1120;
const NARROW_PX = 352;

function render(option: EChartsCoreOption, width: number, height: number): string {
  const chart = init(null, null, { renderer: "svg", ssr: true, width, height });
  try {
    chart.setOption({ animation: false, ...option });
    return withoutInteraction(chart.renderToSVGString({ useViewBox: true }));
  } finally {
    chart.dispose(); // otherwise the process never ends
  }
}

/** Without JavaScript on the page the renderer's marks for events are dead weight, and its hover styles paint in stand-in colours. */
function withoutInteraction(svg: string): string {
  return svg.replaceAll(/ ecmeta_[a-z_]+="[^"]*"| class="zr\d+-cls-\d+"|<style >.*?<\/style>/gs, "");
}

function paint(svg: string): string {
  let painted = svg;
  for (const [standIn, variable] of Object.entries(PALETTE)) {
    painted = painted.replaceAll(new RegExp(standIn, "gi"), `var(${variable})`);
    const [r, g, b] = [1, 3, 5].map((at) => Number.parseInt(standIn.slice(at, at + 2), 16));
    painted = painted.replaceAll(`rgb(${r},${g},${b})`, `var(${variable})`);
  }
  return painted;
}

export interface ChartOptions {
  /** Reads aloud what the picture shows. */
  readonly label: string;
  readonly heightPx: number;
  readonly option: (narrow: boolean) => EChartsCoreOption;
}

/** HTML of one chart: two SVGs of which the page's style sheet shows one. */
export function chartHtml({ label, heightPx, option }: ChartOptions): string {
  const escaped = label.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
  const wide = paint(render(option(false), WIDE_PX, heightPx));
  const narrow = paint(render(option(true), NARROW_PX, heightPx));
  return `<div class="chart" role="img" aria-label="${escaped}"><div class="wide">${wide}</div><div class="narrow">${narrow}</div></div>`;
}

export interface Band {
  readonly fromMs: number;
  readonly toMs: number;
  readonly label: string;
}

const axisStyle = {
  axisLine: { lineStyle: { color: LINE } },
  axisTick: { lineStyle: { color: LINE } },
  axisLabel: { color: MUTED, fontSize: 11, hideOverlap: true },
  nameTextStyle: { color: MUTED, fontSize: 11 },
  splitLine: { lineStyle: { color: LINE } },
};

export function valueAxis(name: string, extra: Record<string, unknown> = {}): Record<string, unknown> {
  return { type: "value", name, ...axisStyle, ...extra };
}

export function categoryAxis(data: readonly string[], extra: Record<string, unknown> = {}): Record<string, unknown> {
  return { type: "category", data, ...axisStyle, splitLine: { show: false }, ...extra };
}

export function timeAxis(durationMs: number, narrow: boolean): Record<string, unknown> {
  return valueAxis("s", {
    min: 0,
    max: Math.max(1, Math.ceil(durationMs / 1000)),
    splitNumber: narrow ? 4 : 10,
    splitLine: { show: false },
    nameGap: 6,
  });
}

export function grid(narrow: boolean, left = narrow ? 44 : 56): Record<string, unknown> {
  return { left, right: narrow ? 18 : 28, top: 34, bottom: 26 };
}

export const legend = {
  top: 0,
  left: 0,
  textStyle: { color: MUTED, fontSize: 11 },
  itemWidth: 14,
  itemHeight: 8,
  type: "plain",
};

/** Lines over run time, with fault and phase bands behind them. */
export function lineChart(options: {
  readonly label: string;
  readonly durationMs: number;
  readonly lines: readonly {
    readonly name: string;
    readonly points: readonly (readonly [ms: number, value: number])[];
  }[];
  readonly bands: readonly Band[];
  readonly logarithmic?: boolean;
}): string {
  const series = options.lines.map((line, index) => ({
    type: "line",
    name: line.name,
    showSymbol: line.points.length < 2,
    symbolSize: 4,
    lineStyle: { width: 1.6 },
    data: line.points.map(([ms, value]) => [ms / 1000, options.logarithmic ? Math.max(value, 0.001) : value]),
    color: SERIES_COLOURS[index % SERIES_COLOURS.length],
    ...(index === 0 && options.bands.length > 0
      ? {
          markArea: {
            silent: true,
            itemStyle: { color: BAND, opacity: 0.16 },
            label: { color: MUTED, fontSize: 10 },
            data: options.bands.map((band) => [
              { name: band.label, xAxis: band.fromMs / 1000 },
              { xAxis: band.toMs / 1000 },
            ]),
          },
        }
      : {}),
  }));
  return chartHtml({
    label: options.label,
    heightPx: 240,
    option: (narrow) => ({
      grid: { ...grid(narrow), top: options.lines.length > 3 && narrow ? 62 : 40 },
      legend,
      xAxis: timeAxis(options.durationMs, narrow),
      yAxis: valueAxis("", options.logarithmic ? { type: "log" } : {}),
      series,
    }),
  });
}
