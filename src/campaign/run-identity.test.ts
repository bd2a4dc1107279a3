/** A scenario is called flaky only when nothing but chance can have changed its verdict. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { LabCapability } from "../lab/ports.js";
import { gitRevision } from "./machine.js";
import type { Plan } from "./plan/plan.js";
import { makePlan } from "./plan/make-plan.js";
import { runIdentity } from "./run-identity.js";
import { parseScenario } from "./schema/scenario-file.js";

const lab = {
  kind: "local" as const,
  capabilities: new Set<LabCapability>(),
  dialects: ["vllm-0.30"],
  reasonWithout: () => null,
};

function aPlan(seed: number, file = "x.yaml"): Plan {
  const text = `id: e2e/x\ntitle: X\nfleet: [{ model: llama }]\nseed: ${seed}\n`;
  return makePlan(parseScenario(text, file), { sample: 1, properties: [], checks: ["cached-tokens-agree"], lab });
}

describe("the identity of a run", () => {
  it("is the same for the same work by the same build, wherever the scenario's file lies", () => {
    expect(runIdentity(aPlan(7), "build")).toMatch(/^[0-9a-f]{12}$/);
    expect(runIdentity(aPlan(7, "/elsewhere/x.yaml"), "build")).toBe(runIdentity(aPlan(7), "build"));
  });

  it("changes with the build and with anything that is planned", () => {
    const ids = [
      runIdentity(aPlan(7), "build"),
      runIdentity(aPlan(8), "build"),
      runIdentity(aPlan(7), "other"),
      runIdentity({ ...aPlan(7), steadyMs: 1 }, "build"),
    ];
    expect(new Set(ids).size).toBe(4);
  });

  it("is not claimed for a router of others, which may change unseen", () => {
    const plan = aPlan(7);
    expect(runIdentity({ ...plan, gateway: { ...plan.gateway, command: ["their-router"] } }, "build")).toBeNull();
  });
});

describe("the commit that a result names", () => {
  const sha = "0123456789abcdef0123456789abcdef01234567";

  it("is found in a checkout and in a worktree of one; a package has none", () => {
    const dir = mkdtempSync(join(tmpdir(), "kvproof-git-"));
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
    expect(gitRevision(dir)).toBeNull();
    const own = join(dir, ".git", "worktrees", "two");
    mkdirSync(own, { recursive: true });
    mkdirSync(join(dir, "two"));
    writeFileSync(join(dir, ".git", "HEAD"), "ref: refs/heads/main\n");
    writeFileSync(join(dir, ".git", "packed-refs"), `${sha} refs/heads/main\n`);
    writeFileSync(join(own, "HEAD"), "ref: refs/heads/main\n");
    writeFileSync(join(own, "commondir"), "../..\n");
    writeFileSync(join(dir, "two", ".git"), `gitdir: ${own}\n`);
    expect([gitRevision(dir), gitRevision(join(dir, "two"))]).toEqual([sha.slice(0, 12), sha.slice(0, 12)]);
  });
});
