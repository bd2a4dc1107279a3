/**
 * Every fault of every experiment either becomes a manifest that Chaos Mesh 2.8.3 takes, or is refused with a reason: a user must
 * never be told that something was broken when the API server had dropped half of it.
 */
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planFaults, targetsIn } from "../../src/campaign/plan/fault-plan.js";
import { planEngines } from "../../src/campaign/plan/fleet-plan.js";
import { readScenarios } from "../../src/campaign/scenario-files.js";
import { FAULTS } from "../../src/lab/faults/catalogue.js";
import { assertOwnNamespace } from "../../src/lab/kubernetes/chaos-mesh/blast-radius.js";
import { CHAOS_KINDS, type ChaosManifest, manifestOf } from "../../src/lab/kubernetes/chaos-mesh/manifest.js";
import { problemsOf } from "../../src/lab/kubernetes/chaos-mesh/manifest-schema.js";
import type { Place } from "../../src/lab/kubernetes/chaos-mesh/translate/place.js";
import { kindRefusal, REFUSED_KINDS, translate } from "../../src/lab/kubernetes/chaos-mesh/translate/translate.js";
import { sharedAvailable } from "../shared.js";
import { aPlace } from "./a-place.js";
import { crdSchema, violations } from "./crd-schema.js";

const EXPERIMENTS = fileURLToPath(new URL("../chaos/experiments", import.meta.url));
const NAMING = { name: "cut", namespace: "kvproof-test", labels: { "app.kubernetes.io/managed-by": "kvproof" } };

interface Outcome {
  readonly refused: string | null;
  readonly manifests: readonly ChaosManifest[];
}

function become(kind: string, parameters: object, place: Place): Outcome {
  const translation = translate(kind, parameters, place);
  if ("refused" in translation) return { refused: translation.refused, manifests: [] };
  const manifests = translation.experiments.map((experiment) => manifestOf(experiment, NAMING, 60));
  return { refused: manifests.length > 0 ? null : "", manifests };
}

function manifests(kind: string, parameters: object, place: Place): readonly ChaosManifest[] {
  return become(kind, parameters, place).manifests;
}

const suite = readScenarios([EXPERIMENTS]).flatMap(({ scenario }) => {
  const engines = planEngines(scenario.fleet, 1, scenario.seed);
  return planFaults(scenario, 1).faults.map((fault) => ({ scenario: scenario.id, fault, engines }));
});

function placesOf({ fault, engines }: (typeof suite)[number]): Place[] {
  const { target } = fault;
  const names = targetsIn(target, engines).map(({ engine }) => engine);
  const aim = target === "gateway" || target === "host" ? target : "engines";
  const shape = { engines: names.length > 0 ? names : engines.map(({ engine }) => engine), aim } as const;
  return [aPlace(shape), aPlace({ ...shape, by: "label" })];
}

describe("faults as Chaos Mesh objects", () => {
  it("are either translated or refused with a reason, kind by kind", () => {
    const kinds = FAULTS.map(({ kind }) => kind);
    const untold = kinds.filter((kind) => kindRefusal(kind)?.includes("has nothing like"));
    expect(untold).toEqual([]);
    const families = new Set(kinds.map((kind) => kind.slice(0, kind.indexOf("."))));
    expect(REFUSED_KINDS.filter((name) => !kinds.includes(name as never) && !families.has(name))).toEqual([]);
  });

  it("are valid and stay in their own namespace, for every fault of every experiment", () => {
    const done = new Set<string>();
    for (const one of suite) {
      for (const place of placesOf(one)) {
        const { kind, parameters } = one.fault;
        const found = become(kind, parameters, place);
        expect(found.refused ?? "becomes a manifest", `${one.scenario} ${kind}`).toMatch(/\S+ \S+ \S+/);
        for (const manifest of found.manifests) {
          expect(problemsOf(manifest), `${one.scenario} ${kind}`).toEqual([]);
          assertOwnNamespace(manifest, NAMING.namespace);
          done.add(manifest.kind);
        }
      }
    }
    expect([...done].sort()).toEqual([...CHAOS_KINDS].sort());
  });

  it("are valid whatever the parameters are that a scenario may give", () => {
    const some = fc.record({
      latency: fc.integer({ min: 0, max: 60_000 }).map((n) => n / 4),
      percent: fc.double({ min: 0, minExcluded: true, max: 90, noNaN: true }),
      kbit: fc.double({ min: 0, minExcluded: true, noDefaultInfinity: true, noNaN: true }),
      by: fc.integer({ min: 1, max: 1e8 }).map((n) => n / 4),
      megabytes: fc.integer({ min: 16, max: 1024 }),
      engines: fc.integer({ min: 1, max: 12 }),
      limit: fc.integer({ min: 1, max: 65_536 }),
    });
    fc.assert(
      fc.property(some, ({ latency, percent, kbit, by, megabytes, engines, limit }) => {
        const place = aPlace({ engines: Array.from({ length: engines }, (_, i) => `m/${i}`), memoryLimitMiB: limit });
        const ports = ["events", "replay", "http"];
        const faults: [string, object][] = [
          ["link.delay", { latency, jitter: latency / 3, direction: "both", ports }],
          ["link.loss", { percent, backend: "auto", ports }],
          ["link.bandwidth", { rate_kbit_per_s: kbit, ports }],
          ["clock.offset", { by, direction: "alternate" }],
          ["host.oom", { megabytes }],
          ["host.memory", { megabytes }],
        ];
        for (const [kind, parameters] of faults) {
          const found = become(kind, parameters, place);
          expect(found.refused, kind).toBeNull();
          for (const manifest of found.manifests) expect(problemsOf(manifest), kind).toEqual([]);
        }
      }),
    );
  });
});

describe("what is not quite the same", () => {
  const place = aPlace({ engines: ["m/1", "m/2"] });
  const all = { ports: ["events", "replay", "http"] };

  it("refuses to cut single ports, for Chaos Mesh would cut the others, too", () => {
    const cut = { how: "silence", direction: "both", ports: ["events"] };
    expect(become("link.partition", cut, place).refused).toBe(
      "Chaos Mesh disturbs whole pods; it cannot spare replay and http",
    );
  });

  it("cuts the way that the scenario names, seen from the engine", () => {
    const way = (direction: string): unknown =>
      manifests("link.partition", { how: "silence", direction, ...all }, place)[0]?.spec.direction;
    expect([way("both"), way("to-gateway"), way("to-engine")]).toEqual(["both", "to", "from"]);
  });

  it("sets every other clock the other way", () => {
    const [ahead, behind] = manifests("clock.offset", { by: 600_000, direction: "alternate" }, place);
    expect(ahead?.spec).toMatchObject({ timeOffset: "600000ms", selector: { pods: { "kvproof-test": ["m-1"] } } });
    expect(behind?.spec).toMatchObject({ timeOffset: "-600000ms", selector: { pods: { "kvproof-test": ["m-2"] } } });
  });

  it("keeps the rate of a narrow link in bits: `kbps` would be eight times as much", () => {
    const [manifest] = manifests("link.bandwidth", { rate_kbit_per_s: 64, ...all }, place);
    expect(manifest?.spec.bandwidth).toMatchObject({ rate: "64000bit" });
  });

  it("gives one-shot experiments no duration, which they would ignore", () => {
    const given = { how: "kill", restart: "in-place", victims: "all" };
    const [manifest] = manifests("process.kill", given, place);
    expect(manifest?.spec).toMatchObject({ action: "container-kill", containerNames: ["engine"] });
    expect(manifest?.spec).not.toHaveProperty("duration");
  });

  it("needs a limit to outgrow and a volume to fill", () => {
    expect(become("host.oom", { megabytes: 64 }, aPlace({ engines: ["m/1"], memoryLimitMiB: null })).refused).toMatch(
      /limit/,
    );
    expect(become("host.disk-full", {}, aPlace({ engines: ["m/1"], volumePath: null })).refused).toMatch(/no volume/);
    expect(become("host.disk-full", {}, aPlace({ engines: ["m/1"], aim: "gateway" })).refused).toMatch(
      /the gateway has no/,
    );
  });
});

describe("the blast radius", () => {
  const [good] = manifests(
    "link.loss",
    { percent: 5, backend: "auto", ports: ["events", "replay", "http"] },
    aPlace({ engines: ["m/1"] }),
  ) as [ChaosManifest];
  const target = (good.spec as unknown as { target: object }).target;

  it.each([
    ["an object in another namespace", { ...good, metadata: { ...good.metadata, namespace: "kube-system" } }],
    ["pods of another namespace", withSpec({ selector: { namespaces: ["default"], pods: { default: ["x"] } } })],
    [
      "pods of another namespace by name",
      withSpec({ selector: { namespaces: ["kvproof-test"], pods: { default: ["x"] } } }),
    ],
    ["no namespace at all", withSpec({ selector: { namespaces: [], pods: { "kvproof-test": ["x"] } } })],
    ["a target in another namespace", withSpec({ target: { ...target, selector: { namespaces: ["default"] } } })],
    ["addresses outside", withSpec({ externalTargets: ["10.0.0.1"] })],
    ["another cluster", withSpec({ remoteCluster: "prod" })],
    ["whole nodes", withSpec({ selector: { namespaces: ["kvproof-test"], nodes: ["n1"] } })],
  ])("refuses %s", (_what, manifest) => {
    expect(() => assertOwnNamespace(manifest as ChaosManifest, "kvproof-test")).toThrow(/reaches beyond namespace/);
  });

  it("takes no selector that would mean everything in the namespace", () => {
    expect(problemsOf(withSpec({ selector: { namespaces: ["kvproof-test"] } }))).not.toEqual([]);
  });

  function withSpec(changes: object): ChaosManifest {
    return { ...good, spec: { ...good.spec, ...changes } };
  }
});

describe.skipIf(!sharedAvailable)("Chaos Mesh 2.8.3's own definitions (needs ../shared)", () => {
  const schemas = new Map(sharedAvailable ? CHAOS_KINDS.map((kind) => [kind, crdSchema(kind)] as const) : []);
  const check = (manifest: ChaosManifest): string[] => {
    const schema = schemas.get(manifest.kind);
    return schema === undefined ? [`no schema of ${manifest.kind}`] : violations(schema, manifest);
  };

  it("accept every manifest that we write for the experiments", () => {
    const written = suite.flatMap((one) =>
      placesOf(one).flatMap((place) => manifests(one.fault.kind, one.fault.parameters, place)),
    );
    expect(written.length).toBeGreaterThan(40);
    for (const manifest of written) expect(check(manifest), JSON.stringify(manifest)).toEqual([]);
  });

  it("find what is planted: a wrong action, an unknown field, a missing selector, a number for a string", () => {
    const [good] = manifests(
      "link.loss",
      { percent: 5, backend: "auto", ports: ["events", "replay", "http"] },
      aPlace({ engines: ["m/1"] }),
    ) as [ChaosManifest];
    const { selector: _selector, ...without } = good.spec;
    const bad = { ...good, spec: { ...without, action: "lose", tpyo: 1, loss: { loss: 25 } } };
    expect(check(bad as unknown as ChaosManifest)).toEqual([
      ".spec.selector: is missing",
      ".spec.action: lose is none of netem, delay, loss, duplicate, corrupt, partition, bandwidth",
      ".spec.loss.loss: 25 is no string",
      ".spec.tpyo: unknown field",
    ]);
  });
});
