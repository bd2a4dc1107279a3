/** `kvproof judge <dir>`: the verdict again, from the recorded history alone, with this version's checkers. */
import { existsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { UsageError } from "../../base/errors.js";
import { RUN_FILES } from "../../judge/run-summary.js";

interface JudgeOptions {
  readonly json?: boolean;
  readonly write: boolean;
}

/** A run directory's history, or a history file itself. */
function historyOf(path: string): string {
  if (!existsSync(path)) throw new UsageError("KVP_E_FILE_NOT_FOUND", `${path} does not exist`);
  if (!statSync(path).isDirectory()) return path;
  const history = join(path, RUN_FILES.history);
  if (!existsSync(history)) throw new UsageError("KVP_E_FILE_NOT_FOUND", `${path} has no ${RUN_FILES.history}`);
  return history;
}

async function judge(path: string, options: JudgeOptions): Promise<void> {
  const history = historyOf(path);
  const { judgeHistory } = await import("../../judge/judge.js");
  const { judgedLines } = await import("../../report/console/summary.js");
  const report = await judgeHistory(history);
  const inRunDirectory = history !== path && existsSync(join(path, RUN_FILES.summary));
  if (options.write && inRunDirectory) {
    const { rejudgeRun } = await import("../../report/render.js");
    writeFileSync(join(path, RUN_FILES.properties), `${JSON.stringify(report, null, 1)}\n`);
    rejudgeRun(path, report);
  }
  process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : `${judgedLines(report).join("\n")}\n`);
  process.exitCode = report.exitCode;
}

export function registerJudge(program: Command): void {
  program
    .command("judge")
    .description("judge a recorded history again, offline")
    .argument("<dir>", "run directory, or a history file")
    .option("--json", "print the whole result as JSON")
    .option("--no-write", "leave properties.json and the report of the run directory as they are")
    .action(judge);
}
