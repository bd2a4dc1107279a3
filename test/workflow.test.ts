/** The workflow runs what exists: a stage that calls a script nobody has is found here, not at night. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";

interface Step {
  readonly uses?: string;
  readonly if?: string;
  readonly with?: Readonly<Record<string, string>>;
  readonly run?: string;
}
interface Workflow {
  readonly jobs: Readonly<Record<string, Job>>;
}
interface Job {
  readonly steps: readonly Step[];
  readonly needs?: string | readonly string[];
  readonly "timeout-minutes"?: number;
}

const root = fileURLToPath(new URL("..", import.meta.url));
const workflow = parse(readFileSync(join(root, ".github/workflows/complete-testing.yml"), "utf8")) as Workflow;
const jobs = Object.entries(workflow.jobs);
const steps = jobs.flatMap(([, job]) => job.steps);
const runs = steps.flatMap(({ run }) => run ?? []).join("\n");

describe("complete-testing.yml", () => {
  it("runs only scripts of package.json and commands of kvproof", () => {
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: object };
    const called = [...runs.matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => name as string);
    expect(called.length).toBeGreaterThan(5);
    expect(called.filter((name) => !(name in scripts))).toEqual([]);
    const commands = new Set(readdirSync(join(root, "src/cli/commands")).map((file) => file.replace(/\.ts$/, "")));
    const used = [...runs.matchAll(/kvproof\.js ([a-z]+)/g)].map(([, name]) => name as string);
    expect(used.filter((name) => !commands.has(name))).toEqual([]);
  });

  it("pins every action to a commit, and gives every job an end", () => {
    expect(steps.flatMap(({ uses }) => uses ?? []).filter((uses) => !/@[0-9a-f]{40}$/.test(uses))).toEqual([]);
    expect(jobs.filter(([, job]) => job["timeout-minutes"] === undefined).map(([name]) => name)).toEqual([]);
  });

  it("lets main alone add to the histories that everybody is measured against", () => {
    const caches = steps.filter(({ uses }) => uses?.startsWith("actions/cache"));
    const writers = caches.filter(({ uses }) => !uses?.startsWith("actions/cache/restore@"));
    expect(writers.length).toBeGreaterThan(0);
    for (const writer of writers) {
      expect(writer.if).toContain("github.ref == 'refs/heads/main'");
      const readers = caches.filter((step) => step !== writer && step.with?.key === writer.with?.key);
      expect(readers.map((step) => step.with?.path)).toEqual([writer.with?.path]);
    }
  });

  it("collects campaigns only from jobs that it waits for", () => {
    const { trend } = workflow.jobs;
    const waited = trend?.needs ?? [];
    const from = jobs.filter(([, job]) => job.steps.some((step) => step.with?.name?.startsWith("campaign-")));
    expect(from.length).toBeGreaterThan(2);
    expect(from.map(([name]) => name).filter((name) => !waited.includes(name))).toEqual([]);
  });

  it("puts nothing that a contributor can choose into a shell", () => {
    expect(runs).not.toMatch(/\$\{\{/);
  });
});
