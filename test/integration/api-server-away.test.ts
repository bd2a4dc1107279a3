/** An API server that restarts in the middle of a run costs the run nothing but time. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { KubeConfig } from "@kubernetes/client-node";
import { describe, expect, it, onTestFinished } from "vitest";
import { KubeApi } from "../../src/lab/kubernetes/cluster/kube-api.js";
import { PodWatch } from "../../src/lab/kubernetes/cluster/pod-watch.js";
import { runInPod } from "../../src/lab/kubernetes/cluster/run-in-pod.js";
import { waitFor } from "../../src/base/async.js";
import { KubeStub } from "./kube-stub.js";

/** Refuses whatever is asked, once it is there. */
class Refusing {
  readonly #server: Server = createServer((_req, res) => res.writeHead(403).end());
  readonly port: number;

  private constructor(port: number) {
    this.port = port;
  }

  /** A port at which nobody listens. */
  static async somewhere(): Promise<Refusing> {
    const probe = createServer();
    await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
    const { port } = probe.address() as AddressInfo;
    await new Promise((resolve) => probe.close(resolve));
    return new Refusing(port);
  }

  async listen(): Promise<void> {
    onTestFinished(() => {
      this.#server.close();
      this.#server.closeAllConnections();
    });
    await new Promise<void>((resolve) => this.#server.listen(this.port, "127.0.0.1", resolve));
  }

  get config(): KubeConfig {
    const config = new KubeConfig();
    config.loadFromClusterAndUser(
      { name: "c", server: `http://127.0.0.1:${this.port}`, skipTLSVerify: true },
      { name: "u" },
    );
    return config;
  }
}

const script = { namespace: "n", pod: "p", container: "keeper", script: "true" };

describe("an API server that is away", () => {
  it("is waited for by what runs in pods, which then hears what it says", async () => {
    const server = await Refusing.somewhere();
    const told = runInPod(server.config, { ...script, awayMs: 20_000 }).then(() => "it ran", String);
    await server.listen();
    expect(await told).toMatch(/could not run a script in pod p \(keeper\): .*403/);
  });

  it("is not waited for beyond measure", async () => {
    const server = await Refusing.somewhere();
    await expect(runInPod(server.config, { ...script, awayMs: 300 })).rejects.toThrow("ECONNREFUSED");
    await expect(new KubeApi(server.config, 300).pods("n")).rejects.toThrow("could not list pods of n");
  });

  it("costs a watch nothing that happened meanwhile, and is told of", async () => {
    const stub = await KubeStub.start();
    for (const name of ["a", "b"]) stub.put({ metadata: { name } });
    const told: string[] = [];
    const watch = new PodWatch(new KubeApi(stub.config), "n", {
      changed: (name, pod) => told.push(`${name} ${pod === undefined ? "gone" : "there"}`),
      interrupted: (_forMs, why) => told.push(`away: ${why === "" ? "no reason" : "for a reason"}`),
    });
    onTestFinished(() => watch.stop());
    await watch.start();
    const watched = (): boolean => {
      stub.put({ metadata: { name: "a" } });
      return told.length > 2;
    };
    await waitFor(watched, { describe: "the watch to be open", timeoutMs: 10_000, intervalMs: 20 });
    stub.breakWatches(() => {
      stub.remove("a");
      stub.put({ metadata: { name: "c" } });
    });
    await waitFor(() => told.includes("c there"), {
      describe: "the new pod to be seen",
      timeoutMs: 10_000,
      intervalMs: 5,
    });
    expect(told.slice(0, 2)).toEqual(["a there", "b there"]);
    expect(told).toEqual(expect.arrayContaining(["away: for a reason", "a gone"]));
    expect(watch.pods().map(({ metadata }) => metadata?.name)).toEqual(["b", "c"]);
  });
});
