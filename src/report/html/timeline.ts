/** The run on one time axis: phases, engine lives, membership, faults, marks; one lane each. */
import type { JudgeReport, TimelineItem } from "../../judge/verdict.js";
import { formatMs } from "../format.js";
import { BAND, categoryAxis, chartHtml, INK, SERIES_COLOURS, timeAxis, UNKNOWN } from "./chart.js";
import { dataTable, section } from "./markup.js";

const MAX_LANES = 36;
const LANE_PX = 22;

const COLOUR: Record<TimelineItem["kind"], string> = {
  phase: SERIES_COLOURS[5] as string,
  engine: SERIES_COLOURS[0] as string,
  member: SERIES_COLOURS[2] as string,
  adapter: SERIES_COLOURS[3] as string,
  fault: BAND,
  gap: UNKNOWN,
  replay: SERIES_COLOURS[3] as string,
  mark: INK,
};

interface RenderApi {
  value(dimension: number): number;
  coord(point: readonly [number, number]): [number, number];
}

/** [lane, from s, to s, item index]; instants have from = to and are drawn as ticks. */
type Row = [lane: number, from: number, to: number, item: number];

function itemShape(items: readonly TimelineItem[], narrow: boolean): (params: unknown, api: RenderApi) => unknown {
  return (_params, api) => {
    const item = items[api.value(3)] as TimelineItem;
    const [x, y] = api.coord([api.value(1), api.value(0)]);
    const [end] = api.coord([api.value(2), api.value(0)]);
    const instant = item.endMs === undefined;
    const width = instant ? 3 : Math.max(2, end - x);
    const height = instant ? 16 : 12;
    const fill = COLOUR[item.kind];
    const label = item.kind === "phase" && width > item.label.length * 7 && !narrow;
    return {
      type: "group",
      children: [
        {
          type: "rect",
          shape: { x, y: y - height / 2, width, height, r: 2 },
          style: {
            fill,
            opacity: item.kind === "phase" ? 0.35 : 0.85,
            stroke: INK,
            lineWidth: item.kind === "phase" ? 0.5 : 0,
          },
        },
        ...(label
          ? [
              {
                type: "text",
                style: { text: item.label, x: x + 4, y, fill: INK, fontSize: 10, verticalAlign: "middle" },
              },
            ]
          : []),
      ],
    };
  };
}

function laneNames(items: readonly TimelineItem[]): string[] {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(item.lane, (counts.get(item.lane) ?? 0) + 1);
  // What happened to everybody stands above what happened to one.
  const shared = new Set(items.filter(({ kind }) => kind === "phase" || kind === "fault").map(({ lane }) => lane));
  const lanes = [...counts.keys()].sort((a, b) => Number(shared.has(b)) - Number(shared.has(a)));
  if (lanes.length <= MAX_LANES) return lanes;
  // Where there are too many pods to show, those with the most to tell stay.
  const busiest = new Set([...lanes].sort((a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0)).slice(0, MAX_LANES));
  return lanes.filter((lane) => busiest.has(lane));
}

export function timelineSection(judged: JudgeReport): string {
  const items = judged.timeline;
  if (items.length === 0) return "";
  const lanes = laneNames(items);
  const rows: Row[] = items.flatMap((item, index) => {
    const lane = lanes.indexOf(item.lane);
    return lane < 0 ? [] : [[lane, item.tMs / 1000, (item.endMs ?? item.tMs) / 1000, index] as Row];
  });
  const longest = Math.max(...lanes.map((lane) => lane.length));
  const chart = chartHtml({
    label: `Timeline of the run: ${lanes.join(", ")}`,
    heightPx: lanes.length * LANE_PX + 56,
    option: (narrow) => ({
      grid: { left: Math.min(narrow ? 96 : 170, longest * 7 + 14), right: 24, top: 8, bottom: 26 },
      xAxis: timeAxis(judged.durationMs, narrow),
      yAxis: categoryAxis(lanes, {
        inverse: true,
        axisTick: { show: false },
        axisLabel: { fontSize: 11, width: narrow ? 84 : 150, overflow: "truncate", color: "#010102" },
      }),
      series: [
        { type: "custom", renderItem: itemShape(items, narrow), encode: { x: [1, 2], y: 0 }, data: rows, clip: true },
      ],
    }),
  });
  const note = new Set(items.map((item) => item.lane)).size - lanes.length;
  const more =
    note > 0 ? `<p class="muted">${note} quieter lanes are left out of the picture; the table has them.</p>` : "";
  const data = dataTable(
    ["from", "to", "lane", "kind", "what"],
    items.map((item) => [
      formatMs(item.tMs),
      item.endMs === undefined ? "" : formatMs(item.endMs),
      item.lane,
      item.kind,
      item.label,
    ]),
  );
  return section("timeline", "Timeline", chart + more + data);
}
