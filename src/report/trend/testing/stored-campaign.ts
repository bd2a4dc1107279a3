/** Campaigns as `kvproof run` stores them, made up: only what the history reads of them. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export type Verdict = "pass" | "fail" | "unknown" | "error" | "interrupted";

export interface MadeUpRun {
  readonly scenario?: string;
  readonly verdict?: Verdict;
  readonly headline?: string;
  readonly lab?: string;
  readonly sut?: string;
  readonly sample?: number;
  readonly cpu?: string;
  readonly seconds?: number;
  readonly measured?: Readonly<Record<string, number>>;
  readonly identity?: string;
  readonly repro?: string;
  readonly dir?: string;
}

export interface MadeUpCampaign {
  /** The n-th, a minute after the one before. */
  readonly minute: number;
  readonly commit?: string | null;
  readonly runs?: readonly MadeUpRun[];
}

const START = Date.UTC(2026, 10, 23, 10);

export function campaignJson({ minute, commit = `commit${minute}`, runs = [{}] }: MadeUpCampaign): object {
  const tool = { name: "kvproof", version: "0.1.0", git: commit };
  const startedAt = new Date(START + minute * 60_000).toISOString();
  const all = runs.map((run) => runJson(run, tool, startedAt));
  return { schemaVersion: 1, tool, startedAt, verdict: all[0]?.verdict ?? "pass", repro: "kvproof run x", runs: all };
}

function runJson(run: MadeUpRun, tool: object, startedAt: string) {
  const { scenario = "e2e/a", verdict = "pass", seconds = 10, cpu = "EPYC", measured, identity } = run;
  return {
    schemaVersion: 1,
    tool,
    scenario,
    sample: run.sample ?? 1,
    lab: run.lab ?? "local",
    sut: { name: run.sut ?? "kvproof-gateway", version: "0.1.0" },
    startedAt,
    durationMs: seconds * 1000,
    verdict,
    headline: run.headline ?? `${verdict}: what decided it`,
    machine: { os: "linux", arch: "x64", cpu, cores: 2, memoryGiB: 8, node: "v20" },
    ...(measured === undefined ? {} : { measured }),
    ...(identity === undefined ? {} : { identity }),
    repro: run.repro ?? `kvproof run ${scenario}.yaml --seed 1`,
    dir: run.dir ?? "../../none",
  };
}

/** Returns the campaign's folder. */
export function storeCampaign(root: string, campaign: MadeUpCampaign, folder = `campaigns/${campaign.minute}`): string {
  const path = join(root, folder);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, "campaign.json"), JSON.stringify(campaignJson(campaign)));
  return path;
}

/** One scenario, campaign by campaign. */
export function storeRuns(root: string, runs: readonly MadeUpRun[], commits: readonly (string | null)[] = []): void {
  for (const [minute, run] of runs.entries()) {
    const commit = commits[minute];
    storeCampaign(root, { minute, runs: [run], ...(commit === undefined ? {} : { commit }) });
  }
}
