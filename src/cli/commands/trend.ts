/** `kvproof trend [folder]`: how scenarios, their figures and our own coverage went over time, from what is stored. */
import type { Command } from "commander";

interface TrendFlags {
  readonly scenario?: string;
  readonly html?: string;
  readonly markdown?: string;
}

export function registerTrend(program: Command): void {
  program
    .command("trend")
    .description("how scenarios went over all stored campaigns; warns, never fails")
    .argument("[folder]", "where campaigns are stored, at any depth", "runs")
    .option("--scenario <text>", "only scenarios whose name contains this, with their figures")
    .option("--html <file>", "write one page with graphs there")
    .option("--markdown <file>", "write a summary for CI there")
    .action(trend);
}

async function trend(folder: string, { scenario, html, markdown }: TrendFlags): Promise<void> {
  const { writeResult } = await import("../../bench/result-file.js");
  const { paintFor } = await import("../../report/console/paint.js");
  const { trendLines } = await import("../../report/trend/trend-console.js");
  const { trendMarkdown } = await import("../../report/trend/trend-markdown.js");
  const { trendPage } = await import("../../report/trend/trend-page.js");
  const { loadTrend } = await import("../../report/trend/trend-view.js");
  const view = loadTrend(folder, scenario);
  for (const note of view.notes) process.stderr.write(`${note}\n`);
  process.stdout.write(`${trendLines(view, paintFor(process.stdout), scenario !== undefined).join("\n")}\n`);
  if (html !== undefined) writeResult(html, trendPage(view));
  if (markdown !== undefined) writeResult(markdown, trendMarkdown(view));
}
