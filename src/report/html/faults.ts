/** What was broken on purpose, when, as seen; and what users got meanwhile. */
import type { JudgeReport } from "../../judge/verdict.js";
import { DEGRADATION_HEAD, degradationRows, FAULT_HEAD, faultRows } from "../fault-rows.js";
import { section, table } from "./markup.js";

export function faultsSection(judged: JudgeReport): string {
  if (judged.faults.length === 0) return "";
  return section(
    "faults",
    "Faults",
    table(FAULT_HEAD, faultRows(judged.faults)) +
      table(DEGRADATION_HEAD, degradationRows(judged.degradation), "What users got before, during and after"),
    "Windows as measured: from the first effect seen to the moment at which nothing of the fault was seen any more.",
  );
}
