/** A runner with the printed role must not be stopped in the middle of a run by a call that nobody thought of. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { KubeConfig } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ChaosClient } from "../../src/lab/kubernetes/chaos-mesh/chaos-client.js";
import { CHAOS_KINDS, type ChaosManifest } from "../../src/lab/kubernetes/chaos-mesh/manifest.js";
import { KubeApi, type Manifest } from "../../src/lab/kubernetes/cluster/kube-api.js";
import { MODEL_OBJECT } from "../../src/lab/kubernetes/evidence/owned-objects.js";
import { permissionsOf } from "../../src/lab/kubernetes/rbac.js";

/** Every user has these by default (system:basic-user, system:discovery, system:public-info-viewer). */
const EVERYBODY = /^\/(version|api|apis)\/?$|selfsubjectaccessreviews|^\/(api|apis\/[^/]+)\/[^/]+\/?$/;

/** `verb group/resource[/subresource]`, as RBAC sees a request. */
function asked(method: string, path: string): string | null {
  const url = new URL(path, "http://x");
  if (EVERYBODY.test(url.pathname)) return null;
  const [, group = "", rest = ""] =
    /^\/api\/v1()\/(.*)$/.exec(url.pathname) ?? /^\/apis\/([^/]+)\/[^/]+\/(.*)$/.exec(url.pathname) ?? [];
  const parts = rest.replace(/^namespaces\/[^/]+\/(?=.)/, "").split("/");
  const [resource = "", name, subresource] = parts;
  const watches = url.searchParams.get("watch") === "true";
  const reads = name === undefined ? (watches ? "watch" : "list") : "get";
  const removes = name === undefined ? "deletecollection" : "delete";
  const verbs: Readonly<Record<string, string>> = { GET: reads, POST: "create", PATCH: "patch", DELETE: removes };
  return `${verbs[method]} ${group}/${resource}${subresource === undefined ? "" : `/${subresource}`}`;
}

describe("what the client asks of the API server", () => {
  const seen = new Set<string>();
  let server: Server;
  let api: KubeApi;

  beforeAll(async () => {
    server = createServer((request, response) => {
      const call = asked(request.method ?? "", request.url ?? "");
      if (call !== null) seen.add(call);
      const discovery = /^\/api(s\/chaos-mesh\.org)?\/v1/.test(request.url ?? "") && call === null;
      const resources = [
        { name: "pods", kind: "Pod", namespaced: true },
        { name: "namespaces", kind: "Namespace", namespaced: false },
        { name: "configmaps", kind: "ConfigMap", namespaced: true },
        ...CHAOS_KINDS.map((kind) => ({ name: kind.toLowerCase(), kind, namespaced: true })),
      ];
      response.writeHead(discovery ? 200 : 404, { "content-type": "application/json" });
      response.end(JSON.stringify(discovery ? { kind: "APIResourceList", resources } : { kind: "Status", code: 404 }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const config = new KubeConfig();
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    config.loadFromClusterAndUser({ name: "c", server: url, skipTLSVerify: true }, { name: "u", token: "t" });
    api = new KubeApi(config, 0);
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  it("is in the table from which the role is printed, call by call", async () => {
    const pod: Manifest = { apiVersion: "v1", kind: "Pod", metadata: { name: "p", namespace: "n" } };
    const namespace: Manifest = { apiVersion: "v1", kind: "Namespace", metadata: { name: "n" } };
    const chaos = new ChaosClient(api, "n");
    const cut = {
      apiVersion: "chaos-mesh.org/v1alpha1",
      kind: "NetworkChaos",
      metadata: { name: "c", namespace: "n", labels: {} },
    };
    const watching = chaos.watch("NetworkChaos", "c", () => undefined);
    await Promise.allSettled([
      ...[pod, namespace].flatMap((object) => [api.create(object), api.delete(object)]),
      api.deletePods("n", 0),
      api.pods("n"),
      api.events("n"),
      api.nodes(),
      api.namespaces("x=y"),
      api.namespaceExists("n"),
      api.read(MODEL_OBJECT, "n"),
      api.podLog("n", "p", { container: "c", previous: false, lines: 1 }),
      chaos.create({ ...cut, spec: {} } as unknown as ChaosManifest),
      chaos.annotate("NetworkChaos", "c", { a: "b" }),
      chaos.remove("NetworkChaos", "c"),
    ]);
    await expect.poll(() => seen.has("watch chaos-mesh.org/networkchaos"), { timeout: 5_000 }).toBe(true);
    watching.end();
    const granted = new Set(
      permissionsOf({ injector: "chaos-mesh" }).map(
        ({ verb, group = "", resource, subresource }) =>
          `${verb} ${group}/${resource}${subresource === undefined ? "" : `/${subresource}`}`,
      ),
    );
    expect([...seen].filter((call) => !granted.has(call))).toEqual([]);
    expect(seen).toContain("get /configmaps");
    expect(seen.size).toBeGreaterThan(13);
  });
});
