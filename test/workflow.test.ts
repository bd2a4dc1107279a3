/** The workflow runs what exists: a stage that calls a script nobody has is found here, not at night. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";

interface Step {
  readonly uses?: string;
  readonly run?: string;
}
interface Workflow {
  readonly jobs: Readonly<Record<string, { readonly steps: readonly Step[]; readonly "timeout-minutes"?: number }>>;
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

  it("puts nothing that a contributor can choose into a shell", () => {
    expect(runs).not.toMatch(/\$\{\{/);
  });
});
