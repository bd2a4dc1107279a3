/** How a campaign tells what it is doing. Rendering is the listener's business. */
import type { CampaignSummary, RunSummary } from "../judge/run-summary.js";
import type { Plan } from "./plan/plan.js";

export interface RunProgress {
  readonly scenario: string;
  /** 1-based position in the campaign. */
  readonly index: number;
  readonly total: number;
  readonly phase: string;
  /** Faults in force, for people. */
  readonly faults: readonly string[];
  readonly elapsedMs: number;
  readonly expectedMs: number;
  /** Requests per second over the last second; absent before the first. */
  readonly offeredPerS?: number;
  readonly achievedPerS?: number;
  readonly p50Ms?: number;
  readonly p99Ms?: number;
}

export interface CampaignObserver {
  campaignStarted?(plans: readonly Plan[]): void;
  runStarted?(plan: Plan, dir: string): void;
  /** About four times a second. */
  progress?(progress: RunProgress): void;
  /** Something that a person should read: leftovers ended, an engine lost. */
  note?(line: string): void;
  runEnded?(summary: RunSummary, dir: string): void;
  campaignEnded?(summary: CampaignSummary, dir: string): void;
}
