/** What every rendering of a scorecard needs: its signs, and its failures as a list. */
import type { Scorecard, ScorecardCell } from "../judge/run-summary.js";
import { VERDICT_SIGN } from "./format.js";

export const CELL_SIGN: Readonly<Record<ScorecardCell["verdict"], string>> = { ...VERDICT_SIGN, idle: "·" };

export const SCORECARD_LEGEND =
  "✓ held · ✗ violated · ? unknown · – not claimed by this system · dot: not exercised · ! the run broke";

export interface Failure {
  readonly id: string;
  readonly scenario: string;
  readonly proof: string;
}

/** Every red cell with its proof, in the order of the table; runs that broke come last, with what broke them. */
export function failures({ scenarios, properties }: Scorecard): Failure[] {
  const violated = properties.flatMap(({ id, cells }) =>
    cells.flatMap((cell, i) =>
      cell?.verdict === "fail" ? [{ id, scenario: scenarios[i]?.scenario ?? "", proof: cell.proof ?? "" }] : [],
    ),
  );
  const broken = scenarios.filter(({ verdict }) => verdict === "error");
  return [...violated, ...broken.map(({ scenario, headline }) => ({ id: "run", scenario, proof: headline }))];
}
