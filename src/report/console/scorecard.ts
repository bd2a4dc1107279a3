/** The scorecard on a terminal: one sign per property and scenario, then why each failure is one. */
import type { Scorecard } from "../../judge/run-summary.js";
import { CELL_SIGN, failures, SCORECARD_LEGEND } from "../scorecard.js";
import { VERDICT_SIGN } from "../format.js";
import type { Paint } from "./paint.js";

/** Scenarios side by side; more begin a new block. */
const COLUMNS = 24;
/** A failure's proof is shown whole; longer lists end with a count. */
const MAX_PROOFS = 40;

const COLOURS = {
  pass: "green",
  fail: "red",
  error: "red",
  unknown: "yellow",
  interrupted: "yellow",
  "not-applicable": "dim",
  idle: "dim",
} as const satisfies Record<string, keyof Paint>;

export function scorecardLines(scorecard: Scorecard, paint: Paint): string[] {
  const { sut, scenarios } = scorecard;
  const blocks: string[] = [];
  for (let from = 0; from < scenarios.length; from += COLUMNS) blocks.push(...block(scorecard, paint, from));
  const red = failures(scorecard);
  const proofs = red
    .slice(0, MAX_PROOFS)
    .map(({ id, scenario, proof }) => `  ${paint.red(`✗ ${id}`)} in ${scenario}: ${proof}`);
  return [
    `${paint.bold(`Scorecard of ${sut.name} ${sut.version}`)}  ${paint.dim(SCORECARD_LEGEND)}`,
    ...blocks,
    ...proofs,
    ...(red.length > MAX_PROOFS ? [`  … and ${red.length - MAX_PROOFS} more, in the report`] : []),
  ];
}

function block({ scenarios, properties }: Scorecard, paint: Paint, from: number): string[] {
  const shown = scenarios.slice(from, from + COLUMNS);
  const idWidth = Math.max(...properties.map(({ id }) => id.length), "verdict".length);
  const sign = (of: string, text: string): string => paint[COLOURS[of as keyof typeof COLOURS]](text.padStart(3));
  const row = (name: string, signs: readonly string[]): string =>
    `  ${name.padEnd(idWidth)} ${signs.join("")}`.trimEnd();
  return [
    row(
      "",
      shown.map((_, i) => String(from + i + 1).padStart(3)),
    ),
    ...properties.map(({ id, cells }) =>
      row(
        id,
        cells
          .slice(from, from + COLUMNS)
          .map((cell) => (cell === null ? "   " : sign(cell.verdict, CELL_SIGN[cell.verdict]))),
      ),
    ),
    row(
      "verdict",
      shown.map(({ verdict }) => sign(verdict, VERDICT_SIGN[verdict])),
    ),
    ...shown.map(({ scenario }, i) => paint.dim(`  ${String(from + i + 1).padStart(3)}  ${scenario}`)),
  ];
}
