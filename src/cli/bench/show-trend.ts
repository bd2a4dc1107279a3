/** What `kvproof bench trend` does: the stored figures of this machine, oldest to newest. */
import { trendLines } from "../../bench/describe-trend.js";
import { writeResult } from "../../bench/result-file.js";
import { readResults, resultsFolder } from "../../bench/stored-results.js";
import { trendPage } from "../../bench/trend-page.js";
import { trendsOf } from "../../bench/trend.js";
import { UsageError } from "../../base/errors.js";
import { machineFingerprint } from "../../campaign/machine.js";

export interface TrendFlags {
  readonly results: string;
  readonly figure?: string;
  readonly html?: string;
}

export function showTrendCommand(flags: TrendFlags): void {
  const machine = { ...machineFingerprint() };
  const { results, unreadable } = readResults(flags.results, machine);
  for (const file of unreadable) process.stderr.write(`passed over, damaged or of another version: ${file}\n`);
  const trends = trendsOf(results).filter(({ name }) => flags.figure === undefined || name.includes(flags.figure));
  if (trends.length === 0) {
    const folder = resultsFolder(flags.results, machine);
    throw new UsageError(
      "KVP_E_FILE_NOT_FOUND",
      `no figures of this machine${flags.figure === undefined ? "" : ` named ${flags.figure}`} in ${folder}; \`kvproof bench compare\` and \`npm run bench:core\` keep some there`,
    );
  }
  const { cpu, cores, node } = machine;
  const described = `${cpu}, ${cores} cores, Node ${node.slice(1)}, ${results.length} results`;
  process.stdout.write(`${described}\n\n${trendLines(trends).join("\n")}\n`);
  if (flags.html !== undefined) writeResult(flags.html, trendPage(trends, described));
}
