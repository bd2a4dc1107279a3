/** `run.json` and `campaign.json`: what a run was, beside the judge's `properties.json`. */
import type { SutCapabilities } from "./history/records.js";
import type { Verdict } from "./verdict.js";

export interface MachineFingerprint {
  readonly os: string;
  readonly arch: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly node: string;
}

/** In the headline of a run that did not reach its end, between what ended it and what the judge made of the rest. */
export const UNTIL_THEN = "; until then: ";

export interface RunSummary {
  readonly schemaVersion: 1;
  readonly tool: { readonly name: "kvproof"; readonly version: string; readonly git: string | null };
  readonly scenario: string;
  readonly title: string;
  readonly seed: number;
  readonly sample: number;
  readonly lab: string;
  /** `capabilities`: what it claimed; absent when it never got that far. */
  readonly sut: { readonly name: string; readonly version: string; readonly capabilities?: SutCapabilities };
  readonly startedAt: string;
  readonly durationMs: number;
  readonly verdict: "pass" | "fail" | "unknown" | "error" | "interrupted";
  readonly exitCode: number;
  readonly headline: string;
  /** `stack` for defects of kvproof. */
  readonly error?: { readonly code: string; readonly message: string; readonly stack?: string };
  readonly machine: MachineFingerprint;
  /** Figures worth following from run to run (key-figures.ts); absent when nothing was judged, and in files of versions that had none. */
  readonly measured?: Readonly<Record<string, number>>;
  /** Equal = the same program did the same planned work. Absent when that cannot be known, and in files of versions that had none. */
  readonly identity?: string;
  /** Command that repeats this run. */
  readonly repro: string;
  /** Run directory, relative to the campaign's folder or absolute. */
  readonly dir: string;
}

export interface CampaignSummary {
  readonly schemaVersion: 1;
  readonly tool: RunSummary["tool"];
  readonly startedAt: string;
  readonly durationMs: number;
  readonly verdict: RunSummary["verdict"];
  readonly exitCode: number;
  readonly headline: string;
  readonly machine: MachineFingerprint;
  readonly repro: string;
  readonly runs: readonly RunSummary[];
  /** Over all runs: worst verdict, summed opportunities. */
  readonly properties: readonly {
    readonly id: string;
    readonly title: string;
    readonly verdict: Verdict;
    readonly opportunities: number;
    readonly violations: number;
  }[];
  /** Absent in files of versions that had none. */
  readonly scorecard?: Scorecard;
}

/** Properties × scenarios, with a proof for every failure. */
export interface Scorecard {
  readonly schemaVersion: 1;
  readonly sut: RunSummary["sut"];
  /** Columns, in the order of the campaign's runs. */
  readonly scenarios: readonly Pick<RunSummary, "scenario" | "verdict" | "exitCode" | "headline">[];
  readonly properties: readonly {
    readonly id: string;
    readonly title: string;
    /** One per scenario; null where the run was not judged, or does not ask for it. */
    readonly cells: readonly (ScorecardCell | null)[];
  }[];
}

export interface ScorecardCell {
  /** "idle": not exercised, and nobody asked that it should be. */
  readonly verdict: Verdict | "idle";
  readonly opportunities: number;
  readonly violations: number;
  /** Of a failure: the first violation. */
  readonly proof?: string;
  /** Why unknown or not applicable. */
  readonly reason?: string;
}

/** Folder of a run directory with the profiles of `--profile`. */
export const PROFILES_FOLDER = "profiles";

/** Files of a run directory. `campaign.json` and the campaign's own report live in the campaign's folder. */
export const RUN_FILES = {
  summary: "run.json",
  history: "history.ndjson.gz",
  properties: "properties.json",
  metrics: "metrics.ndjson",
  hdr: "hdr.json",
  junit: "junit.xml",
  report: "report.html",
  markdown: "summary.md",
  config: "config.resolved.yaml",
  environment: "env.json",
  logs: "logs",
  repro: "repro.sh",
  campaign: "campaign.json",
} as const;
