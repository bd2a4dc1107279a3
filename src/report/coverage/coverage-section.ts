/** Code coverage over time: a line per kind, and the rooms as they are now. */
import { categoryAxis, chartHtml, grid, legend, SERIES_COLOURS, valueAxis } from "../html/chart.js";
import { dataTable, escapeHtml, markup, section, table } from "../html/markup.js";
import { sparkSvg } from "../html/spark.js";
import { COVERAGE_KINDS, type CoverageEntry } from "./coverage-history.js";
import { coverageLine, entryName, ROOM_HEAD, roomRows, valuesOf } from "./coverage-words.js";

/** As many of the newest measurements as the picture has room for. */
const SHOWN = 60;

export function coverageSection(entries: readonly CoverageEntry[]): string {
  const shown = entries.slice(-SHOWN);
  const last = shown.at(-1);
  if (last === undefined) return "";
  const chart = chartHtml({
    label: `Coverage in percent over ${shown.length} measurements: ${COVERAGE_KINDS.join(", ")}`,
    heightPx: 240,
    option: (narrow) => ({
      grid: grid(narrow),
      legend: { ...legend, itemGap: 20 },
      xAxis: categoryAxis(shown.map(({ at }) => at.slice(5, 16).replace("T", " "))),
      // Not from zero: of changes worth knowing nothing would be seen. The axis says where it begins.
      yAxis: valueAxis("%", { scale: true }),
      series: COVERAGE_KINDS.map((kind, i) => ({
        type: "line",
        name: kind,
        data: valuesOf(shown, kind),
        color: SERIES_COLOURS[i],
        symbolSize: 4,
        lineStyle: { width: 1.6 },
      })),
    }),
  });
  const data = dataTable(
    ["measured", "commit", ...COVERAGE_KINDS],
    shown.map((entry) => [entry.at, entryName(entry), ...COVERAGE_KINDS.map((kind) => entry.total[kind].toFixed(2))]),
  );
  const rows = roomRows(entries).map((row) => [...row, markup(roomSpark(row[0] as string, shown))]);
  const lead = `${coverageLine(last, entries.at(-2))}; in brackets: points against the measurement before. What tests start as processes of their own is not counted.`;
  return section("coverage", "Coverage", chart + data + table([...ROOM_HEAD, "lines, over time"], rows), lead);
}

function roomSpark(room: string, shown: readonly CoverageEntry[]): string {
  const points = shown.flatMap((entry) => {
    const covered = room === "all" ? entry.total : entry.rooms[room];
    return covered === undefined
      ? []
      : [{ value: covered.lines, tip: `${entry.at}, ${entryName(entry)}: ${covered.lines} %` }];
  });
  return sparkSvg(`lines of ${escapeHtml(room)}`, points);
}
