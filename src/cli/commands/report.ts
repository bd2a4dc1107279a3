/** `kvproof report <dir>`: renders a run or campaign again from its data. */
import type { Command } from "commander";

export function registerReport(program: Command): void {
  program
    .command("report")
    .description("render report.html, junit.xml and summary.md of a run or campaign again")
    .argument("<dir>", "run directory, or campaign directory")
    .action(async (dir: string) => {
      const { isCampaignDir } = await import("../../report/run-files.js");
      const { renderCampaign, renderRun } = await import("../../report/render.js");
      const { campaignLines, runLines } = await import("../../report/console/summary.js");
      const lines = isCampaignDir(dir) ? campaignLines(renderCampaign(dir)) : runLines(renderRun(dir));
      process.stdout.write(`${lines.join("\n")}\n`);
    });
}
