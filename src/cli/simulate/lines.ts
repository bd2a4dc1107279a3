/** The result of a simulation for people. */
import { paintFor } from "../../report/console/paint.js";
import { columns, paintVerdict } from "../../report/console/summary.js";
import { formatMs, formatNumber } from "../../report/format.js";
import type { SimSummary } from "../../simulate/campaign/tally.js";
import type { FailureFolder } from "./failure-folder.js";

const paint = paintFor(process.stdout);
const MAX_LISTED = 10;

export function summaryLines(summary: SimSummary): string[] {
  const { seeds, ranges, elapsedMs, seedsPerMinute, records, batches, failing, doubtful } = summary;
  const speed = `${formatNumber(seedsPerMinute)} seeds a minute`;
  const which = ranges
    .map(({ first, count }) => (count === 1 ? `${first}` : `${first} to ${first + count - 1}`))
    .join(", ");
  return [
    `${formatNumber(seeds)} seeds (${which}) in ${formatMs(elapsedMs)} (${speed}), ${formatNumber(batches)} batches, ${formatNumber(records)} records`,
    "",
    paint.bold("Properties (opportunities)"),
    ...table(summary.opportunities, summary.idle),
    "",
    paint.bold("Faults that had an effect"),
    ...table(summary.faults, []),
    ...(failing.length > 0 ? ["", paint.bold("Seeds that violate a property")] : []),
    ...failing
      .slice(0, MAX_LISTED)
      .map(({ seed, violations }) => `  ${seed}  ${violations[0]?.property ?? ""}: ${violations[0]?.summary ?? ""}`),
    ...(failing.length > MAX_LISTED
      ? [
          `  and more: ${failing
            .slice(MAX_LISTED)
            .map(({ seed }) => seed)
            .join(" ")}`,
        ]
      : []),
    ...(doubtful.length > 0 ? ["", paint.bold("Seeds that prove nothing")] : []),
    ...doubtful
      .slice(0, MAX_LISTED)
      .map(({ seed, doubts }) => `  ${seed}  ${doubts[0]?.property ?? ""}: ${doubts[0]?.summary.split("\n")[0] ?? ""}`),
    ...(summary.digest === null ? [] : ["", `Digest of the histories: ${summary.digest}`]),
    "",
    `${paintVerdict(summary.verdict)} ${summary.headline.replace(/^[a-z]+: /, "")}`,
  ];
}

export function failureLines(failure: FailureFolder): string[] {
  const { seed, property, summary, git, engines, happenings, faults, tries } = failure;
  const rest = `${engines} engines, ${happenings} happenings, ${faults.length} faults`;
  return [
    "",
    `${paint.red(property)} ${summary}`,
    `  Seed:     ${seed}${git === null ? "" : ` at revision ${git}`}`,
    `  Repeat:   ${failure.repro}`,
    `  Minimal:  ${failure.reproMinimal}`,
    `            ${rest} (${tries} tries)${faults.length > 0 ? `: ${faults.join(", ")}` : ""}`,
    `  History:  ${failure.dir}`,
  ];
}

function table(counts: Readonly<Record<string, number>>, missing: readonly string[]): string[] {
  const rows = Object.entries(counts).map(([name, count]) => [
    name,
    formatNumber(count),
    missing.includes(name) ? paint.yellow("never exercised") : "",
  ]);
  return columns(rows, [1]).map((line) => `  ${line}`);
}
