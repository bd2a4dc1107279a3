/** What is exported is applied by people who never see kvproof complain: it must be right as it is written. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { exportChaos } from "../../src/campaign/export-chaos.js";
import type { Template } from "../../src/lab/kubernetes/chaos-mesh/export/workflow.js";
import { specProblems } from "../../src/lab/kubernetes/chaos-mesh/manifest-schema.js";
import { CHAOS_KINDS, type ChaosKind, type ChaosSpec } from "../../src/lab/kubernetes/chaos-mesh/manifest.js";
import { sharedAvailable } from "../shared.js";
import { crdSchema, violations } from "./crd-schema.js";

const EXPERIMENTS = fileURLToPath(new URL("../chaos/experiments", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "kvproof-export-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Exported {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: Readonly<Record<string, unknown>>;
}

const options = { namespace: "router-test", everyMs: 600_000 };
const schedules = exportChaos([EXPERIMENTS], { ...options, format: "schedule", out: join(folder, "schedules") });
const workflows = exportChaos([EXPERIMENTS], { ...options, format: "workflow", out: join(folder, "workflows") });
const load = (files: readonly string[]): Exported[] =>
  files.map((file) => parse(readFileSync(file, "utf8")) as Exported);
const all = [...load(schedules.written), ...load(workflows.written)];

interface Embedded {
  readonly in: string;
  readonly kind: ChaosKind;
  readonly spec: ChaosSpec;
}

/** Every chaos spec in an object, wherever it is embedded. */
function embedded(part: unknown, where: string): Embedded[] {
  if (Array.isArray(part)) return part.flatMap((item, i) => embedded(item, `${where}[${i}]`));
  if (typeof part !== "object" || part === null) return [];
  return Object.entries(part).flatMap(([key, value]) => {
    const kind = CHAOS_KINDS.find((one) => one.toLowerCase() === key.toLowerCase());
    if (kind !== undefined) return [{ in: `${where}.${key}`, kind, spec: value as ChaosSpec }];
    return embedded(value, `${where}.${key}`);
  });
}

const specs = all.flatMap((object) => embedded(object.spec, `${object.kind} ${object.metadata.name}`));
const templatesOf = (object: Exported): Template[] => {
  const holder = (object.spec.workflow ?? object.spec) as { templates?: Template[] };
  return holder.templates ?? [];
};

describe("exported experiments", () => {
  it("are all there or named with the reason why not", () => {
    expect(schedules.written.length).toBeGreaterThan(15);
    expect(workflows.written.length).toBe(schedules.written.length);
    expect(schedules.leftOut.map(({ reason }) => reason).filter((reason) => !/^\S+: \S+ \S+/.test(reason))).toEqual([]);
    expect(schedules.leftOut.find(({ id }) => id === "chaos/pod-pause")?.reason).toMatch(/SIGSTOP/);
  });

  it("hold valid experiments of one namespace only", () => {
    expect(specs.length).toBeGreaterThan(30);
    for (const one of specs) {
      expect(specProblems(one.kind, one.spec), one.in).toEqual([]);
      expect(
        JSON.stringify(one.spec)
          .match(/"namespaces":\["[^"]*"\]/g)
          ?.every((text) => text.includes("router-test")),
      ).toBe(true);
    }
  });

  it("name their templates once each, and every child", () => {
    const trees = all
      .map((object) => ({ object, templates: templatesOf(object) }))
      .filter(({ templates }) => templates.length > 0);
    expect(trees.length).toBeGreaterThan(workflows.written.length);
    for (const { object, templates } of trees) {
      const names = templates.map(({ name }) => name);
      expect(new Set(names).size, object.metadata.name).toBe(names.length);
      expect(names.filter((name) => !/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name))).toEqual([]);
      const { entry } = (object.spec.workflow ?? object.spec) as { entry: string };
      const used = new Set([entry, ...templates.flatMap(({ children = [] }) => children)]);
      expect([...used].sort(), object.metadata.name).toEqual([...names].sort());
    }
  });

  it("end by deadline in a workflow and by duration in a schedule, never by both: the webhook refuses that", () => {
    const templates = all.flatMap(templatesOf);
    expect(templates.filter(({ deadline }) => !/^[1-9]\d*s$/.test(deadline ?? ""))).toEqual([]);
    expect(embedded(templates, "").filter(({ spec }) => spec.duration !== undefined)).toEqual([]);
    const direct = load(schedules.written).filter(({ spec }) => spec.type !== "Workflow");
    const endless = embedded(direct, "").filter(
      ({ spec }) => spec.duration === undefined && !["pod-kill", "container-kill"].includes(String(spec.action)),
    );
    expect(direct.length).toBeGreaterThan(5);
    expect(endless).toEqual([]);
  });

  it("say their own kind where a schedule holds them", () => {
    for (const { spec } of load(schedules.written)) {
      const keys = Object.keys(spec).filter((key) => key.endsWith("Chaos") || key === "workflow");
      expect(keys.map((key) => key.toLowerCase())).toEqual([String(spec.type).toLowerCase()]);
    }
  });

  it("tell what differs from the scenario", () => {
    const text = readFileSync(join(folder, "workflows/kvproof-partition-one-engine.yaml"), "utf8");
    expect(text).toContain(
      "# Differs from the scenario: cut: engines/llama-8b/1 becomes 1 of the engines, chosen at random.",
    );
  });

  it("cannot be made of scenarios that break nothing", () => {
    const e2e = fileURLToPath(new URL("../e2e/happy-path.yaml", import.meta.url));
    expect(() => exportChaos([e2e], { ...options, format: "schedule", out: folder })).toThrow(
      "no scenario can be exported; e2e/happy-path: it breaks nothing",
    );
  });
});

describe.skipIf(!sharedAvailable)(
  "exported experiments in Chaos Mesh 2.8.3's own definitions (needs ../shared)",
  () => {
    it("are accepted, each embedded spec by the definition of its kind", () => {
      for (const one of specs) {
        const spec = crdSchemaOf(one.kind).properties?.spec;
        expect(spec, one.kind).toBeDefined();
        expect(violations(spec ?? {}, one.spec, one.in)).toEqual([]);
      }
    });

    const schemas = new Map<ChaosKind, ReturnType<typeof crdSchema>>();
    function crdSchemaOf(kind: ChaosKind): ReturnType<typeof crdSchema> {
      const schema = schemas.get(kind) ?? crdSchema(kind);
      schemas.set(kind, schema);
      return schema;
    }
  },
);
