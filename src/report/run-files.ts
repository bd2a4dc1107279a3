/** Reads a run directory back: what every renderer starts from. */
import { existsSync, readFileSync } from "node:fs";
import { join, normalize } from "node:path";
import { asError, UsageError } from "../base/errors.js";
import { type CampaignSummary, RUN_FILES, type RunSummary, type Scorecard } from "../judge/run-summary.js";
import { type ProcessProfile, readProfiles } from "./profiles.js";
import { scorecardOf } from "../judge/scorecard.js";
import type { JudgeReport } from "../judge/verdict.js";

/** One run as the renderers see it. `judged` is null when the run ended before anything could be judged. */
export interface RunView {
  readonly dir: string;
  readonly summary: RunSummary;
  readonly judged: JudgeReport | null;
  /** Of `--profile`, by process; empty without. */
  readonly profiles: readonly ProcessProfile[];
}

/** A campaign: its summary and its runs, in order. */
export interface CampaignView {
  readonly dir: string;
  readonly summary: CampaignSummary;
  readonly runs: readonly RunView[];
  readonly scorecard: Scorecard;
}

/** As a person would write it: no `a/../b`, no slash at the end. */
function tidy(dir: string): string {
  return normalize(dir).replace(/(?<=[^/])\/+$/, "");
}

function readJson<T extends { schemaVersion: number }>(path: string, versions: readonly number[] = [1]): T {
  let parsed: T;
  try {
    parsed = JSON.parse(readFileSync(path, "utf8")) as T;
  } catch (thrown) {
    throw new UsageError("KVP_E_HISTORY_INVALID", `${path} is not readable: ${asError(thrown).message}`);
  }
  if (!versions.includes(parsed.schemaVersion)) {
    throw new UsageError(
      "KVP_E_HISTORY_INVALID",
      `${path} has schema version ${parsed.schemaVersion}; this kvproof reads ${versions.join(" and ")}`,
    );
  }
  return parsed;
}

/** What version 1 did not have yet is empty. */
function readJudged(path: string): JudgeReport {
  return { ...NOT_IN_OLDER, ...readJson<JudgeReport>(path, [1, 2, 3]) };
}
const NOT_IN_OLDER = { faults: [], degradation: [], figures: {}, load: [] } satisfies Partial<JudgeReport>;

export function isCampaignDir(dir: string): boolean {
  return existsSync(join(dir, RUN_FILES.campaign));
}

/** @throws UsageError KVP_E_FILE_NOT_FOUND, KVP_E_HISTORY_INVALID */
export function loadRun(path: string): RunView {
  const dir = tidy(path);
  if (!existsSync(join(dir, RUN_FILES.summary))) {
    throw new UsageError("KVP_E_FILE_NOT_FOUND", `${dir} is not a run directory: it has no ${RUN_FILES.summary}`);
  }
  const properties = join(dir, RUN_FILES.properties);
  return {
    dir,
    summary: readJson<RunSummary>(join(dir, RUN_FILES.summary)),
    judged: existsSync(properties) ? readJudged(properties) : null,
    profiles: readProfiles(dir),
  };
}

/** @throws UsageError KVP_E_FILE_NOT_FOUND, KVP_E_HISTORY_INVALID */
export function loadCampaign(path: string): CampaignView {
  const dir = tidy(path);
  const summary = readJson<CampaignSummary>(join(dir, RUN_FILES.campaign));
  const runs = summary.runs.map((run) => {
    const view = loadRun(join(dir, run.dir));
    return { ...view, summary: { ...view.summary, dir: run.dir } };
  });
  // Campaigns of versions that wrote none get theirs from their runs.
  const scored = runs.map((run) => ({ summary: run.summary, report: run.judged }));
  return { dir, summary, runs, scorecard: summary.scorecard ?? scorecardOf(scored) };
}
