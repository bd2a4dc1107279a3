/** The result file of `npm run bench`: written anew after every benchmark, so that what was measured survives what comes later. */
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { asError, UnavailableError } from "../../../src/base/errors.js";
import type { MachineFingerprint } from "../../../src/judge/run-summary.js";
import type { Distribution, LoadStep, ThresholdResult } from "../../../src/judge/verdict.js";
import type { WireReport } from "../wire/measure.js";

export interface BenchmarkResult {
  readonly scenario: string;
  readonly title: string;
  readonly verdict: string;
  readonly exitCode: number;
  readonly headline: string;
  readonly engines: number;
  readonly durationMs: number;
  /** Share of the whole scenario; 1 = whole. */
  readonly sample: number;
  readonly dir: string;
  readonly figures: Readonly<Record<string, number>>;
  readonly thresholds: readonly ThresholdResult[];
  readonly load: readonly LoadStep[];
  readonly distributions: readonly Distribution[];
}

export interface BenchReport {
  readonly schemaVersion: 1;
  readonly benchmark: "system";
  readonly startedAt: string;
  readonly sampled: boolean;
  readonly tool: object;
  readonly machine: MachineFingerprint;
  readonly results: readonly BenchmarkResult[];
  readonly wire: WireReport | null;
  readonly thresholds: readonly ThresholdResult[];
  readonly exitCode: number;
}

export const RESULT_FILE = "bench.json";

/** Replaced in one step: a reader, or a disk that fills up, never leaves half a file. @throws UnavailableError KVP_E_RESULT_UNWRITABLE */
export function saveReport(
  dir: string,
  report: BenchReport,
  write: (file: string, text: string) => void = writeFileSync,
): void {
  const file = join(dir, RESULT_FILE);
  try {
    mkdirSync(dir, { recursive: true });
    write(`${file}.part`, `${JSON.stringify(report, null, 1)}\n`);
    renameSync(`${file}.part`, file);
  } catch (cause) {
    const kept = `${report.results.length} results were measured; what was written before is kept`;
    throw new UnavailableError("KVP_E_RESULT_UNWRITABLE", `${file}: ${asError(cause).message}; ${kept}`, { cause });
  }
}

/** A violated property counts most, then a missed threshold, then doubt. */
const GRAVITY = [1, 130, 64, 69, 70, 3, 2, 0];

export function worstExit(codes: readonly number[]): number {
  return GRAVITY.find((code) => codes.includes(code)) ?? 0;
}
