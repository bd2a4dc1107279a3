/** The gateway's discovery of engines in a cluster, against a stub of the API server and real engines. */
import { pino } from "pino";
import { describe, expect, it, onTestFinished } from "vitest";
import { waitFor } from "../../src/base/async.js";
import { PodDiscovery } from "../../src/gateway/discovery/kubernetes/pod-discovery.js";
import type { Registration } from "../../src/gateway/fleet/registration.js";
import { anEngine } from "./engine-process.js";
import { KubeStub } from "./kube-stub.js";

/** A pod whose engine listens at `http`; pods here all live at one address and differ by port. */
function aPod(
  name: string,
  http: string,
  more: { uid?: string; restarts?: number; ready?: boolean; leaving?: boolean } = {},
) {
  const { uid = `uid-${name}`, restarts = 0, ready = true, leaving = false } = more;
  const { hostname, port } = new URL(http);
  return {
    metadata: {
      name,
      uid,
      annotations: { "kvproof.dev/engine": `tiny/${name}` },
      ...(leaving ? { deletionTimestamp: new Date().toISOString() as never } : {}),
    },
    spec: { containers: [{ name: "engine", ports: [{ name: "http", containerPort: Number(port) }] }] },
    status: {
      podIP: hostname,
      conditions: [{ type: "Ready", status: ready ? "True" : "False" }],
      containerStatuses: [
        { name: "engine", image: "", imageID: "", ready: true, restartCount: restarts, state: { running: {} } },
      ],
    },
  };
}

async function discovering() {
  const stub = await KubeStub.start();
  const log: string[] = [];
  const discovery = new PodDiscovery({
    config: stub.config,
    namespace: "ns",
    selector: "role=engine",
    register: ({ engine, uid }: Registration) => log.push(`+ ${engine} ${uid}`),
    unregister: (engine, life) => log.push(`- ${engine} ${life}`),
    log: pino({ level: "silent" }),
  });
  onTestFinished(() => discovery.stop());
  const until = (count: number): Promise<unknown> =>
    waitFor(() => log.length >= count, { describe: `${count} changes, not ${log.join("; ")}`, timeoutMs: 10_000 });
  return { stub, log, until };
}

describe("discovery of engines in a cluster", () => {
  it("registers a pod once it is ready, and forgets it the moment it is being deleted", async () => {
    const { stub, log, until } = await discovering();
    const { http } = (await anEngine()).info;
    stub.put(aPod("a", http, { ready: false }));
    stub.put(aPod("a", http));
    await until(1);
    stub.put(aPod("a", http, { leaving: true }));
    await until(2);
    stub.remove("a");
    expect(log).toEqual(["+ tiny/a uid-a/0", "- tiny/a uid-a/0"]);
  });

  it("takes a restarted container for another life, although name, uid and address stay: its cache is gone", async () => {
    const { stub, log, until } = await discovering();
    const { http } = (await anEngine()).info;
    stub.put(aPod("a", http));
    await until(1);
    stub.put(aPod("a", http, { restarts: 1, ready: false }));
    await until(2);
    stub.put(aPod("a", http, { restarts: 1 }));
    await until(3);
    expect(log).toEqual(["+ tiny/a uid-a/0", "- tiny/a uid-a/0", "+ tiny/a uid-a/1"]);
  });

  it("tells a new pod from the old one of the same name and address", async () => {
    const { stub, log, until } = await discovering();
    const { http } = (await anEngine()).info;
    stub.put(aPod("a", http, { uid: "old" }));
    await until(1);
    stub.put(aPod("a", http, { uid: "new" }));
    await until(3);
    expect(log).toEqual(["+ tiny/a old/0", "- tiny/a old/0", "+ tiny/a new/0"]);
  });

  it("learns after an API server's restart what nobody told it", async () => {
    const { stub, log, until } = await discovering();
    const { http } = (await anEngine()).info;
    stub.put(aPod("a", http));
    stub.put(aPod("b", http));
    await until(2);
    stub.breakWatches(() => stub.remove("a"));
    await until(3);
    expect(log.at(-1)).toBe("- tiny/a uid-a/0");
  });
});
