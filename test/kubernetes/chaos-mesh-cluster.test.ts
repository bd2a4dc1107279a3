/**
 * The definitions of Chaos Mesh 2.8.3 in a real API server, without its controller: what we write is taken as it is, what the client
 * does to objects is what the API server makes of it, and a cluster in which nobody works on them is told apart from one that does.
 */
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ApiextensionsV1Api, CustomObjectsApi, type KubernetesObject } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { waitFor } from "../../src/base/async.js";
import { planFaults, targetsIn } from "../../src/campaign/plan/fault-plan.js";
import { planEngines } from "../../src/campaign/plan/fleet-plan.js";
import { readScenarios } from "../../src/campaign/scenario-files.js";
import { ChaosClient } from "../../src/lab/kubernetes/chaos-mesh/chaos-client.js";
import { ExperimentLife, type LifeLimits } from "../../src/lab/kubernetes/chaos-mesh/experiment-life.js";
import { type ChaosManifest, manifestOf, pluralOf } from "../../src/lab/kubernetes/chaos-mesh/manifest.js";
import { requireChaosMesh } from "../../src/lab/kubernetes/chaos-mesh/require-chaos-mesh.js";
import { translate } from "../../src/lab/kubernetes/chaos-mesh/translate/translate.js";
import { chooseCluster } from "../../src/lab/kubernetes/cluster/choose-cluster.js";
import { KubeApi, type Manifest } from "../../src/lab/kubernetes/cluster/kube-api.js";
import { collectGarbage } from "../../src/lab/kubernetes/collect-garbage.js";
import { ANNOTATION, LABEL, MANAGED_BY } from "../../src/lab/kubernetes/labels.js";
import { sharedAvailable, sharedPath } from "../shared.js";
import { aPlace } from "./a-place.js";
import { playController } from "./play-controller.js";

const EXPERIMENTS = fileURLToPath(new URL("../chaos/experiments", import.meta.url));
const kubeconfig = process.env.KVPROOF_KUBECONFIG;
const available = sharedAvailable && kubeconfig !== undefined && kubeconfig !== "";
const PLACE = { group: "chaos-mesh.org", version: "v1alpha1" } as const;
const DEFINITIONS = { group: "apiextensions.k8s.io", version: "v1", plural: "customresourcedefinitions" } as const;
/** That of aPlace. */
const NAMESPACE = "kvproof-test";
const SOON: LifeLimits = { selectedMs: 1_500, recoveredMs: 2_000, goneMs: 1_500, forcedMs: 5_000 };

function written(): ChaosManifest[] {
  return readScenarios([EXPERIMENTS]).flatMap(({ scenario }) => {
    const engines = planEngines(scenario.fleet, 1, scenario.seed);
    return planFaults(scenario, 1).faults.flatMap(({ id, kind, target, parameters }) => {
      const aim = target === "gateway" || target === "host" ? target : "engines";
      const names = targetsIn(target, engines).map(({ engine }) => engine);
      const place = aPlace({ engines: names.length > 0 ? names : engines.map(({ engine }) => engine), aim });
      const translation = translate(kind, parameters, place);
      if ("refused" in translation) return [];
      const naming = { name: id, namespace: NAMESPACE, labels: { [LABEL.managedBy]: MANAGED_BY } };
      return translation.experiments.map((experiment) => manifestOf(experiment, naming, 60));
    });
  });
}

describe.skipIf(!available)(
  "Chaos Mesh's definitions in a real API server (needs a cluster and ../shared)",
  { timeout: 60_000 },
  () => {
    const { config } = available
      ? chooseCluster({ kubeconfig, allowed: [process.env.KVPROOF_CONTEXT ?? "kvk"] })
      : { config: null as never };
    let api: KubeApi;
    const crds = available
      ? readdirSync(sharedPath("chaos-mesh-crds"))
          .filter((name) => name.endsWith(".yaml"))
          .map((name) => parse(readFileSync(sharedPath(`chaos-mesh-crds/${name}`), "utf8")) as KubernetesObject)
      : [];
    const made: KubernetesObject[] = [];
    let before: unknown = null;

    beforeAll(async () => {
      api = new KubeApi(config);
      before = await requireChaosMesh(config).catch((thrown: unknown) => thrown);
      // As they are: the client's own model of a definition would drop its enums.
      const custom = config.makeApiClient(CustomObjectsApi);
      for (const crd of crds) {
        const name = crd.metadata?.name ?? "";
        const there = await custom.getClusterCustomObject({ ...DEFINITIONS, name }).then(
          () => true,
          () => false,
        );
        if (there) continue;
        await custom.createClusterCustomObject({ ...DEFINITIONS, body: crd });
        made.push(crd);
      }
      await established();
      await api.create<Manifest>(namespaceOf(NAMESPACE, "2000-01-01T00:00:00Z"));
    });

    afterAll(async () => {
      await api.delete(namespaceOf(NAMESPACE, ""));
      const extensions = config.makeApiClient(ApiextensionsV1Api);
      for (const { metadata } of made) await extensions.deleteCustomResourceDefinition({ name: metadata?.name ?? "" });
    });

    async function established(): Promise<void> {
      await waitFor(async () => (await requireChaosMesh(config), true), {
        describe: "the definitions to be served",
        timeoutMs: 30_000,
        intervalMs: 200,
      });
    }

    function namespaceOf(name: string, expiresAt: string): Manifest {
      const labels = { [LABEL.managedBy]: MANAGED_BY, [LABEL.runId]: "chaos-mesh-test" };
      return {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name, labels, annotations: { [ANNOTATION.expiresAt]: expiresAt } },
      };
    }

    it("are missed before they are there, with what to do", () => {
      const told = {
        code: "KVP_E_CHAOS_MESH",
        exitCode: 69,
        message: expect.stringMatching(/not installed/) as string,
      };
      // A cluster that has all of them beforehand has nothing to miss.
      expect(made.length === crds.length ? before : { ...told, message: "not installed" }).toMatchObject(told);
    });

    it("take every object that we write for the experiments, word for word", async () => {
      const custom = config.makeApiClient(CustomObjectsApi);
      const manifests = written();
      expect(manifests.length).toBeGreaterThan(20);
      for (const body of manifests) {
        const plural = pluralOf(body.kind);
        // Strict: a field that would be dropped in silence is an error.
        const stored = (await custom.createNamespacedCustomObject({
          ...PLACE,
          namespace: NAMESPACE,
          plural,
          body,
          dryRun: "All",
          fieldValidation: "Strict",
        })) as ChaosManifest;
        expect(stored.spec).toMatchObject(body.spec);
      }
    });

    it("refuse what is planted: an action that does not exist, a field that does not", async () => {
      const custom = config.makeApiClient(CustomObjectsApi);
      const [good] = written().filter(({ kind }) => kind === "NetworkChaos") as [ChaosManifest];
      const send = (spec: object) =>
        custom.createNamespacedCustomObject({
          ...PLACE,
          namespace: NAMESPACE,
          plural: pluralOf(good.kind),
          body: { ...good, spec },
          dryRun: "All",
          fieldValidation: "Strict",
        });
      await expect(send({ ...good.spec, action: "lose" })).rejects.toThrow(/Unsupported value/);
      await expect(send({ ...good.spec, tpyo: 1 })).rejects.toThrow(/unknown field/);
    });

    it("without a controller lead nowhere: that is said, and nothing is left", async () => {
      const client = new ChaosClient(api, NAMESPACE);
      const [manifest] = written().filter(({ kind }) => kind === "NetworkChaos") as [ChaosManifest];
      const life = new ExperimentLife(client, manifest, false, SOON);
      await expect(life.begin(new AbortController().signal)).rejects.toThrow(/does Chaos Mesh's controller run/);
      expect(await names()).toEqual([]);
    });

    it("with a controller are followed to the end: selected, injected, paused, recovered, gone", async () => {
      const controller = playController(config, NAMESPACE);
      try {
        const client = new ChaosClient(api, NAMESPACE);
        const [manifest] = written().filter(({ kind }) => kind === "NetworkChaos") as [ChaosManifest];
        const life = new ExperimentLife(client, manifest, false);
        await life.begin(new AbortController().signal);
        expect(await stored(manifest)).toMatchObject({
          spec: manifest.spec,
          metadata: { labels: manifest.metadata.labels },
        });
        await expect.poll(() => life.injected(), { timeout: 10_000 }).toMatch(/injected into/);
        await life.end();
        expect(life.outcome).toMatch(/^(\d+) of \1 recovered$/);
        expect(await names()).toEqual([]);
      } finally {
        await controller.stop();
      }
    });

    it("that are not given up lose their finalizer by force, with a word about the pods", async () => {
      const controller = playController(config, NAMESPACE, { recovers: false });
      try {
        const [manifest] = written().filter(({ kind }) => kind === "NetworkChaos") as [ChaosManifest];
        const life = new ExperimentLife(new ChaosClient(api, NAMESPACE), manifest, false, {
          ...SOON,
          selectedMs: 10_000,
        });
        await life.begin(new AbortController().signal);
        await expect.poll(() => life.injected(), { timeout: 10_000 }).not.toBeNull();
        await expect(life.end()).rejects.toThrow(/recovery failed: .*finalizer was removed by force/);
        expect(await names()).toEqual([]);
      } finally {
        await controller.stop();
      }
    });

    it("and all that lies in an expired namespace of ours go with kvproof gc", async () => {
      const name = "kvproof-expired-test";
      await api.create<Manifest>(namespaceOf(name, "2000-01-01T00:00:00Z"));
      const [manifest] = written() as [ChaosManifest];
      await new ChaosClient(api, name).create({ ...manifest, metadata: { ...manifest.metadata, namespace: name } });
      const { removed, left } = await collectGarbage(api, { run: "chaos-mesh-test", all: false, nowMs: Date.now() });
      expect(left).toEqual([]);
      expect(removed).toContain(`${manifest.kind} ${name}/${manifest.metadata.name}`);
      expect(removed).toContain(`namespace ${name}`);
      expect(await api.namespaceExists(name)).toBe(false);
    });

    async function stored({ kind, metadata: { name } }: ChaosManifest): Promise<unknown> {
      const place = { ...PLACE, namespace: NAMESPACE, plural: pluralOf(kind), name };
      return config.makeApiClient(CustomObjectsApi).getNamespacedCustomObject(place);
    }

    async function names(): Promise<string[]> {
      const custom = config.makeApiClient(CustomObjectsApi);
      const list = (await custom.listNamespacedCustomObject({
        ...PLACE,
        namespace: NAMESPACE,
        plural: "networkchaos",
      })) as {
        items: { metadata: { name: string } }[];
      };
      return list.items.map(({ metadata }) => metadata.name);
    }
  },
);
