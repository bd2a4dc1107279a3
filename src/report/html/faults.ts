/** What was broken on purpose, when, as seen; what users got meanwhile; and what the system under test said of it. */
import type { JudgeReport } from "../../judge/verdict.js";
import {
  DEGRADATION_HEAD,
  degradationRows,
  FAULT_HEAD,
  faultRows,
  MOVED_HEAD,
  movedRows,
  SAID_HEAD,
  saidRows,
} from "../fault-rows.js";
import { section, table } from "./markup.js";

export function faultsSection({ faults, degradation }: JudgeReport): string {
  if (faults.length === 0) return "";
  return section(
    "faults",
    "Faults",
    table(FAULT_HEAD, faultRows(faults)) +
      table(DEGRADATION_HEAD, degradationRows(degradation), "What users got before, during and after") +
      folded("What the router's log said of them", SAID_HEAD, saidRows(faults)) +
      folded("Which of its metrics moved", MOVED_HEAD, movedRows(faults)),
    "Windows as measured: from the first effect seen to the moment at which nothing of the fault was seen any more.",
  );
}

function folded(title: string, head: readonly string[], rows: readonly string[][]): string {
  if (rows.length === 0) return "";
  return `<details open><summary>${title}</summary>${table(head, rows)}</details>`;
}
