/** What a Prometheus in the cluster is told to scrape must be there: a monitor that selects nothing is silent, not wrong. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { V1Deployment, V1Service } from "@kubernetes/client-node";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";

const root = fileURLToPath(new URL("../../deploy/", import.meta.url));
const load = (file: string): unknown[] =>
  parseAllDocuments(readFileSync(root + file, "utf8")).map((document) => document.toJS() as unknown);

const base = ["base/engine.yaml", "base/gateway.yaml"].flatMap(load) as (V1Deployment & V1Service)[];
const deployments = base.filter(({ kind }) => kind === "Deployment");
const services = base.filter(({ kind }) => kind === "Service");

interface Monitor {
  readonly kind: "PodMonitor" | "ServiceMonitor";
  readonly spec: {
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly podMetricsEndpoints?: readonly { readonly port: string }[];
    readonly endpoints?: readonly { readonly port: string }[];
  };
}
const monitors = load("overlays/prometheus-operator/monitors.yaml") as Monitor[];

function matches(wanted: Readonly<Record<string, string>>, labels: Readonly<Record<string, string>> = {}): boolean {
  return Object.entries(wanted).every(([key, value]) => labels[key] === value);
}

describe("the overlay for the Prometheus Operator", () => {
  it("selects engines as pods and the gateway by its Service, each at a port that exists", () => {
    const found = monitors.map(({ kind, spec }) => {
      const { matchLabels } = spec.selector;
      if (kind === "PodMonitor") {
        const pods = deployments.filter((one) => matches(matchLabels, one.spec?.template.metadata?.labels));
        const ports = pods.flatMap(
          (one) => one.spec?.template.spec?.containers.flatMap(({ ports = [] }) => ports) ?? [],
        );
        const known = spec.podMetricsEndpoints?.every(({ port }) => ports.some(({ name }) => name === port));
        return [kind, pods.map(({ metadata }) => metadata?.name), known];
      }
      const chosen = services.filter(({ metadata }) => matches(matchLabels, metadata?.labels));
      const ports = chosen.flatMap((one) => (one as V1Service).spec?.ports ?? []);
      return [
        kind,
        chosen.map(({ metadata }) => metadata?.name),
        spec.endpoints?.every(({ port }) => ports.some(({ name }) => name === port)),
      ];
    });
    expect(found).toEqual([
      ["PodMonitor", ["engine"], true],
      ["ServiceMonitor", ["gateway"], true],
    ]);
  });
});

describe("the overlay with scrape annotations", () => {
  it.each(["engine", "gateway"])("names the port at which %s serves /metrics", (name) => {
    const [patch] = load(`overlays/prometheus-annotations/${name}.yaml`) as V1Deployment[];
    const deployment = deployments.find(({ metadata }) => metadata?.name === name);
    const [container] = deployment?.spec?.template.spec?.containers ?? [];
    const port = container?.ports?.find((one) => one.name === "http")?.containerPort;
    expect(patch?.spec?.template.metadata?.annotations).toEqual({
      "prometheus.io/scrape": "true",
      "prometheus.io/port": String(port),
      "prometheus.io/path": "/metrics",
    });
  });
});
