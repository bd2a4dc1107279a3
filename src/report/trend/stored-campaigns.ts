/** Reads stored campaigns back, oldest to newest. A file that is damaged or another's is named and passed over, never a reason to stop. */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { asError } from "../../base/errors.js";
import { keyFigures } from "../../judge/key-figures.js";
import { RUN_FILES } from "../../judge/run-summary.js";
import type { JudgeReport } from "../../judge/verdict.js";
import { plainText as text } from "../plain-text.js";
import { findCampaigns } from "./find-campaigns.js";

const MAX_FILE_BYTES = 32 * 1024 * 1024;
const MAX_RUNS = 5000;

const verdict = z.enum(["pass", "fail", "unknown", "error", "interrupted"]);
const time = text.refine((raw) => Number.isFinite(Date.parse(raw)), "no time");
const tool = z.object({ git: text.nullable() });
const runShape = z.object({
  tool,
  scenario: text,
  sample: z.number(),
  lab: text,
  sut: z.object({ name: text }),
  startedAt: time,
  durationMs: z.number().nonnegative(),
  verdict,
  headline: text,
  machine: z.object({ cpu: text, cores: z.number() }),
  measured: z.record(text, z.number()).optional(),
  identity: z.string().optional(),
  repro: z.string(),
  dir: z.string(),
});
const campaignShape = z.object({
  schemaVersion: z.literal(1),
  tool,
  startedAt: time,
  verdict,
  repro: z.string(),
  runs: z.array(runShape).max(MAX_RUNS),
});

export interface StoredRun
  extends Readonly<
    Pick<z.infer<typeof runShape>, "scenario" | "lab" | "sample" | "startedAt" | "durationMs" | "verdict" | "headline">
  > {
  /** "none" when the run ended before there was one. */
  readonly sut: string;
  readonly commit: string | null;
  /** Figures of other machines say nothing here. */
  readonly machine: string;
  readonly measured: Readonly<Record<string, number>>;
  /** Runs with the same one can differ only by chance; null when nobody can tell. */
  readonly sameWork: string | null;
  /** Folder of the campaign. */
  readonly campaign: string;
}

export interface StoredCampaign {
  readonly folder: string;
  readonly startedAt: string;
  readonly commit: string | null;
  readonly verdict: z.infer<typeof verdict>;
  readonly runs: readonly StoredRun[];
}

export interface StoredCampaigns {
  /** By time; one that lies there twice counts once. */
  readonly campaigns: readonly StoredCampaign[];
  /** What was passed over, and why. */
  readonly notes: readonly string[];
}

export function readCampaigns(root: string): StoredCampaigns {
  const { folders, notes: before } = findCampaigns(root);
  const notes = [...before];
  const byIdentity = new Map<string, StoredCampaign>();
  for (const folder of folders) {
    const file = join(folder, RUN_FILES.campaign);
    try {
      const raw = campaignShape.parse(readLimited(file));
      byIdentity.set(`${raw.startedAt} ${raw.repro}`, campaignOf(folder, raw));
    } catch (thrown) {
      notes.push(`passed over, damaged or of another version: ${file} (${reason(thrown)})`);
    }
  }
  const campaigns = [...byIdentity.values()].sort((a, b) => Date.parse(a.startedAt) - Date.parse(b.startedAt));
  return { campaigns, notes };
}

function campaignOf(folder: string, { startedAt, tool: { git }, verdict, runs }: z.infer<typeof campaignShape>) {
  return { folder, startedAt, commit: git, verdict, runs: runs.map((run) => runOf(folder, run)) };
}

function runOf(folder: string, run: z.infer<typeof runShape>): StoredRun {
  const { tool, sut, machine, measured, identity, repro, dir, ...plain } = run;
  return {
    ...plain,
    sut: sut.name,
    commit: tool.git,
    machine: `${machine.cpu}, ${machine.cores} cores`,
    measured: measured ?? measuredThen(join(folder, dir, RUN_FILES.properties)),
    sameWork: identity ?? sameCommit(tool.git, repro),
    campaign: folder,
  };
}

/** Versions that named no identity: the same command on the same commit, unless it ran a router of others. */
function sameCommit(commit: string | null, repro: string): string | null {
  return commit === null || /--(sut|gateway-command) /.test(repro) ? null : `${commit} ${repro}`;
}

/** Campaigns of versions that stored no figures get theirs from their runs, as long as those are there. */
function measuredThen(file: string): Readonly<Record<string, number>> {
  try {
    const { distributions, degradation, figures } = readLimited(file) as Partial<JudgeReport>;
    return keyFigures({ distributions: distributions ?? [], degradation: degradation ?? [], figures: figures ?? {} });
  } catch {
    return {};
  }
}

function readLimited(file: string): unknown {
  const { size } = statSync(file);
  if (size > MAX_FILE_BYTES) throw new RangeError(`${size} bytes; at most ${MAX_FILE_BYTES} are read`);
  return JSON.parse(readFileSync(file, "utf8")) as unknown;
}

function reason(thrown: unknown): string {
  if (!(thrown instanceof z.ZodError)) return asError(thrown).message;
  const [first] = thrown.issues;
  return first === undefined ? "not as expected" : `${first.path.join(".") || "the file"}: ${first.message}`;
}
