/** Runs `kvproof run` as a user does, in a folder of its own that ends with the test. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { cliEntry } from "../../src/base/package-root.js";
import type { HistoryRecord } from "../../src/judge/history/records.js";
import { readHistoryChunks } from "../../src/judge/history/history-reader.js";
import type { RunSummary } from "../../src/judge/run-summary.js";

/** A run of about three seconds that exercises what every run must. */
export const SMALL = `
id: small
title: A small run
fleet: [{ model: llama, replicas: 2, engine: { blocks: 256 } }]
workload: { kind: shared-prefix, rate_per_s: 30, prefixes: 4, prefix_blocks: 4, suffix_blocks: [0, 2] }
phases: { warmup: 300ms, steady: 1500ms }
bounds: { staleness: 400ms, recovery: 2s, gap: 300ms, departure: 300ms }
`;

export interface Outcome {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class Workspace {
  readonly dir = mkdtempSync(join(tmpdir(), "kvproof-run-"));

  constructor() {
    onTestFinished(() => rmSync(this.dir, { recursive: true, force: true }));
  }

  write(name: string, text: string): string {
    writeFileSync(join(this.dir, name), text);
    return name;
  }

  start(...args: string[]): { child: ChildProcess; outcome: Promise<Outcome> } {
    const child = spawn(process.execPath, [cliEntry(), ...args], { cwd: this.dir, stdio: ["ignore", "pipe", "pipe"] });
    const texts = { stdout: "", stderr: "" };
    child.stdout.on("data", (data: Buffer) => (texts.stdout += data.toString()));
    child.stderr.on("data", (data: Buffer) => (texts.stderr += data.toString()));
    const outcome = new Promise<Outcome>((resolve) =>
      child.once("close", (exitCode) => resolve({ exitCode, ...texts })),
    );
    onTestFinished(() => void child.kill("SIGKILL"));
    return { child, outcome };
  }

  run(...args: string[]): Promise<Outcome> {
    return this.start(...args).outcome;
  }

  /** Files of the latest run of a scenario. */
  runDir(id: string): string {
    return join(this.dir, "runs", id, "latest");
  }

  summary(id: string): RunSummary {
    return JSON.parse(readFileSync(join(this.runDir(id), "run.json"), "utf8")) as RunSummary;
  }

  async history(id: string): Promise<HistoryRecord[]> {
    const records: HistoryRecord[] = [];
    for await (const chunk of readHistoryChunks(join(this.runDir(id), "history.ndjson.gz"))) records.push(...chunk);
    return records;
  }
}
