/** Plays an API server as far as the lab and discovery speak to it: pods to list and watch, permissions, and a record of what was made. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KubeConfig, type V1Node, type V1Pod } from "@kubernetes/client-node";
import { onTestFinished } from "vitest";

export const CONTEXT = "stub";

type PodLike = Partial<V1Pod> & { readonly metadata: { readonly name: string } };

interface TestEnd {
  onTestFinished(end: () => void): void;
}

export class KubeStub {
  /** `METHOD path` of every call that would change something. */
  readonly changes: string[] = [];
  /** `verb resource` that are refused when asked for. */
  readonly denied = new Set<string>();
  /** The cluster's nodes; null = this user may not see them. */
  nodes: readonly V1Node[] | null = [];
  /** Kinds of Chaos Mesh that are defined; empty = it is not installed. */
  chaosKinds: readonly string[] = [];
  /** Image of Chaos Mesh's controller; null = there is none. */
  chaosController: string | null = null;
  /** Of kube-system: a cluster made anew has another. */
  uid = "uid-1";
  /** Answers to GETs of these paths, before any other; null = it never answers. */
  readonly answers = new Map<string, object | string | null>();
  /** Namespaces that runs left: name → when their time is over. */
  readonly left = new Map<string, string>();
  readonly #test: TestEnd;
  readonly #server: Server;
  readonly #pods = new Map<string, PodLike>();
  readonly #watchers = new Set<ServerResponse>();
  #version = 1;

  private constructor(test: TestEnd) {
    this.#test = test;
    this.#server = createServer((req, res) => void this.#answer(req, res));
  }

  /** Ended with the test; one that runs beside others gives its own context. */
  static async start(test: TestEnd = { onTestFinished }): Promise<KubeStub> {
    const stub = new KubeStub(test);
    await new Promise<void>((resolve) => stub.#server.listen(0, "127.0.0.1", resolve));
    test.onTestFinished(() => stub.stop());
    return stub;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get config(): KubeConfig {
    const config = new KubeConfig();
    config.loadFromString(this.kubeconfig);
    return config;
  }

  get kubeconfig(): string {
    return this.kubeconfigFor(CONTEXT);
  }

  kubeconfigFor(context: string): string {
    return JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      "current-context": context,
      clusters: [{ name: "c", cluster: { server: this.url, "insecure-skip-tls-verify": true } }],
      users: [{ name: "u", user: { token: "t" } }],
      contexts: [{ name: context, context: { cluster: "c", user: "u" } }],
    });
  }

  /** A file of it, gone with the test. */
  kubeconfigFile(): string {
    const dir = mkdtempSync(join(tmpdir(), "kvproof-kube-"));
    this.#test.onTestFinished(() => rmSync(dir, { recursive: true }));
    const file = join(dir, "config");
    writeFileSync(file, this.kubeconfig);
    return file;
  }

  put(pod: PodLike): void {
    const type = this.#pods.has(pod.metadata.name) ? "MODIFIED" : "ADDED";
    this.#pods.set(pod.metadata.name, pod);
    this.#tell(type, pod);
  }

  remove(name: string): void {
    const pod = this.#pods.get(name);
    this.#pods.delete(name);
    if (pod !== undefined) this.#tell("DELETED", pod);
  }

  /** As an API server that restarts: watches break, what happens meanwhile is told by nobody. */
  breakWatches(meanwhile: () => void): void {
    const watchers = [...this.#watchers];
    this.#watchers.clear();
    meanwhile();
    for (const watcher of watchers) watcher.destroy();
  }

  /** What only the status of a cluster asks for. */
  #looked(path: string): object | null {
    if (path === "/api/v1/namespaces/kube-system")
      return { kind: "Namespace", metadata: { name: "kube-system", uid: this.uid } };
    if (path === "/api/v1/namespaces") {
      const items = [...this.left].map(([name, until]) => ({
        metadata: { name, annotations: { "kvproof.dev/expires-at": until } },
      }));
      return { kind: "NamespaceList", metadata: {}, items };
    }
    if (path !== "/apis/apps/v1/deployments") return null;
    const containers = [{ name: "chaos-mesh", image: this.chaosController }];
    const items = this.chaosController === null ? [] : [{ spec: { template: { spec: { containers } } } }];
    return { kind: "DeploymentList", metadata: {}, items };
  }

  #tell(type: string, pod: PodLike): void {
    this.#version++;
    for (const watcher of this.#watchers) watcher.write(`${JSON.stringify({ type, object: pod })}\n`);
  }

  async #answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const url = new URL(req.url ?? "/", this.url);
    const body = await bodyOf(req);
    const send = (status: number, value: object): void => {
      res.writeHead(status, { "content-type": "application/json" });
      res.end(JSON.stringify(value));
    };
    if (url.pathname.startsWith("/version")) return send(200, { gitVersion: "v1.33.0", major: "1", minor: "33" });
    if (url.pathname.endsWith("/selfsubjectaccessreviews")) {
      const { verb, resource } = (body as { spec: { resourceAttributes: { verb: string; resource: string } } }).spec
        .resourceAttributes;
      return send(201, {
        kind: "SelfSubjectAccessReview",
        status: { allowed: !this.denied.has(`${verb} ${resource}`) },
      });
    }
    if (url.pathname === "/api/v1/nodes") {
      const denied = { kind: "Status", code: 403, message: "nodes is forbidden" };
      return this.nodes === null ? send(403, denied) : send(200, { kind: "NodeList", metadata: {}, items: this.nodes });
    }
    const given = req.method === "GET" ? this.answers.get(url.pathname) : undefined;
    if (given === null) return;
    if (typeof given === "string") return void res.writeHead(200, { "content-type": "text/plain" }).end(given);
    const more = req.method === "GET" ? (given ?? this.#looked(url.pathname)) : null;
    if (more !== null) return send(200, more);
    if (/^\/apis\/?$/.test(url.pathname)) {
      const groups = this.chaosKinds.length === 0 ? [] : [{ name: "chaos-mesh.org", versions: [] }];
      return send(200, { kind: "APIGroupList", groups });
    }
    if (/^\/apis\/chaos-mesh\.org\/v1alpha1\/?$/.test(url.pathname)) {
      const resources = this.chaosKinds.map((kind) => ({
        kind,
        name: kind.toLowerCase(),
        namespaced: true,
        verbs: [],
      }));
      return send(200, { kind: "APIResourceList", groupVersion: "chaos-mesh.org/v1alpha1", resources });
    }
    if (req.method === "GET" && url.pathname.endsWith("/pods")) {
      if (url.searchParams.get("watch") !== "true")
        return send(200, {
          kind: "PodList",
          metadata: { resourceVersion: String(this.#version) },
          items: [...this.#pods.values()],
        });
      res.writeHead(200, { "content-type": "application/json" });
      res.flushHeaders();
      this.#watchers.add(res);
      res.once("close", () => this.#watchers.delete(res));
      return;
    }
    if (req.method !== "GET") this.changes.push(`${req.method} ${url.pathname}`);
    send(404, { kind: "Status", code: 404, message: `the stub has no ${url.pathname}` });
  }
}

async function bodyOf(req: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of req as AsyncIterable<Buffer>) chunks.push(chunk);
  return chunks.length === 0 ? null : (JSON.parse(Buffer.concat(chunks).toString("utf8")) as unknown);
}

/** A node that takes pods and tells of these images. */
export function aNode(name: string, images: readonly string[], more: { taints?: { effect: string }[] } = {}): V1Node {
  return {
    metadata: { name },
    spec: { taints: (more.taints ?? []).map(({ effect }) => ({ key: "k", effect })) },
    status: {
      conditions: [{ type: "Ready", status: "True" }],
      images: images.map((image) => ({ names: [image], sizeBytes: 1 })),
      nodeInfo: { kubeletVersion: "v1.33.0" } as never,
    },
  };
}
