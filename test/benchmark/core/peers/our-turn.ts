/** Our turn of a round: a fresh process of this benchmark on the common workload, as the peers' drivers are fresh ones. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CoreReport, WorkloadResult } from "../report.js";

export interface OurFigures {
  readonly workload: WorkloadResult;
  readonly forgetMs: number;
}

const TURN_TIMEOUT_MS = 10 * 60_000;

/** @param runs fresh indexes per ingest figure */
export function measureOurs(seed: number, runs: number): OurFigures {
  const folder = mkdtempSync(join(tmpdir(), "kvproof-turn-"));
  try {
    const file = join(folder, "core.json");
    const program = process.argv[1] as string;
    const args = [program, "--turn", String(runs), "--only", "common/main", "--seed", String(seed), "--json", file];
    execFileSync(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"], timeout: TURN_TIMEOUT_MS });
    const { workloads, remove_engine } = JSON.parse(readFileSync(file, "utf8")) as CoreReport;
    const [workload] = workloads;
    if (workload === undefined || remove_engine === null) throw new Error("our own turn measured nothing");
    return { workload, forgetMs: remove_engine.forget_ms };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
