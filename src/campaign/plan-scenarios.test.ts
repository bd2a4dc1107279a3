import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LOCAL_CAPABILITIES } from "../lab/local/local-lab.js";
import { kvproofGatewayDriver } from "../lab/sut/kvproof-gateway.js";
import { planScenarios } from "./plan-scenarios.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kvproof-plans-"));
  put("possible", "");
  put("full", "faults: [{ id: full, kind: host.disk-full, target: gateway }]\n");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function put(id: string, more: string): string {
  const file = join(folder, `${id}.yaml`);
  writeFileSync(file, `id: ${id}\ntitle: T\nfleet: [{ model: m }]\n${more}`);
  return file;
}

/** A lab on a machine without root. */
const options = {
  lab: {
    kind: "local",
    capabilities: LOCAL_CAPABILITIES,
    dialects: ["vllm-0.30"],
    reasonWithout: () => "it needs root",
  },
  sut: kvproofGatewayDriver,
  sample: 1,
} as const;

describe("scenarios that this machine cannot run", () => {
  it("are an error by default, with the place and the reason", () => {
    expect(() => planScenarios([folder], options)).toThrow(
      /full\.yaml:4:\d+ host\.disk-full is impossible here: it needs root/,
    );
  });

  it("are left out when asked for, each with its reason", () => {
    const reasons: string[] = [];
    const plans = planScenarios([folder], { ...options, onImpossible: (reason) => reasons.push(reason) });
    expect(plans.map(({ id }) => id)).toEqual(["possible"]);
    expect(reasons).toEqual([
      expect.stringMatching(/full\.yaml:4:\d+ host\.disk-full is impossible here: it needs root/),
    ]);
  });

  it("are an error all the same when nothing else is left, and so is a mistake", () => {
    const onImpossible = (): void => undefined;
    expect(() => planScenarios([join(folder, "full.yaml")], { ...options, onImpossible })).toThrow(/impossible here/);
    put("wrong", "faults: [{ id: x, kind: host.disk-fool, target: gateway }]\n");
    expect(() => planScenarios([folder], { ...options, onImpossible })).toThrow(/wrong\.yaml/);
  });
});
