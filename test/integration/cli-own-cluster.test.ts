/** `kvproof cluster up|down`: a user's own clusters, kubeconfig and half-finished work are what it must not lose or leave. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../../src/base/package-root.js";
import { aScenario, CliWorld, errorLine, expectPlain, type Finished } from "./cli-world.js";
import { FakeTools } from "./fake-cluster-tool.js";
import { aNode, KubeStub } from "./kube-stub.js";

const IMAGE = "localhost/kvproof:dev";
type Context = NonNullable<ConstructorParameters<typeof CliWorld>[0]>;

/** A machine with these programs, and the API server of the cluster that they would make. */
async function aMachine(context: Context, tools: ConstructorParameters<typeof FakeTools>[1]) {
  const world = new CliWorld(context);
  const fake = new FakeTools(world, tools);
  const stub = await KubeStub.start(context);
  stub.nodes = [aNode("n1", [IMAGE]), aNode("n2", [IMAGE]), aNode("cp", ["x"], { taints: [{ effect: "NoSchedule" }] })];
  fake.put("kubeconfig", stub.kubeconfigFor(tools.includes("kind") ? "kind-kvproof" : "k3d-kvproof"));
  const run = (...args: string[]): Promise<Finished> => world.run(["cluster", ...args], { env: fake.env });
  const start = (...args: string[]) => world.start(["cluster", ...args], { env: fake.env });
  return { world, fake, stub, run, start, kubeconfig: world.path("state", "kvproof", "kubeconfig") };
}

describe.concurrent("kvproof cluster up", { timeout: 120_000 }, () => {
  it("makes a cluster with kind, loads the image, and says how to use it; kubectl's own file is not touched", async (context) => {
    const { fake, run, kubeconfig, world } = await aMachine(context, ["kind", "docker"]);
    fake.put("has-image");
    const finished = await run("up");
    expect(finished, finished.stderr).toMatchObject({ code: 0 });
    expect(fake.calls).toEqual([
      "kind get clusters",
      `kind create cluster --name kvproof --config ${packageRoot}/deploy/kind.yaml --kubeconfig ${kubeconfig} --wait 180s`,
      "kind get kubeconfig --name kvproof",
      `docker image inspect --format {{.Id}} ${IMAGE}`,
      `kind load docker-image ${IMAGE} --name kvproof`,
    ]);
    expect(finished.stdout).toMatch(
      /^cluster kvproof is up: kind, Kubernetes v1\.33\.0, 2 nodes take pods, context kind-/,
    );
    expect(finished.stdout).toContain(`export KVPROOF_KUBECONFIG=${kubeconfig}\n`);
    expect(finished.stderr).toContain("  Creating cluster\n");
    expect(statSync(kubeconfig).mode & 0o777).toBe(0o600);
    expect(existsSync(world.path(".kube"))).toBe(false);
  });

  it("makes one with k3d where there is no kind, without the image when this machine has none", async (context) => {
    const { fake, run } = await aMachine(context, ["k3d", "docker"]);
    const finished = await run("up");
    expect(finished, finished.stderr).toMatchObject({ code: 0 });
    expect(fake.calls).toEqual([
      "k3d cluster list --no-headers",
      "k3d cluster create kvproof --agents 2 --wait --timeout 180s --kubeconfig-update-default=false --kubeconfig-switch-context=false",
      "k3d kubeconfig get kvproof",
      `docker image inspect --format {{.Id}} ${IMAGE}`,
    ]);
    expect(finished.stdout).toContain(`was not loaded: docker build -t ${IMAGE} . && kvproof cluster up`);
  });

  it("again makes no second one, but loads the image that was built meanwhile; down takes it away, once", async (context) => {
    const { fake, run, kubeconfig } = await aMachine(context, ["kind", "docker"]);
    await run("up");
    fake.put("has-image");
    const again = await run("up");
    expect(again, again.stderr).toMatchObject({ code: 0 });
    expect(fake.calls.filter((call) => call.startsWith("kind create"))).toHaveLength(1);
    expect(fake.has("loaded")).toBe(true);
    const down = await run("down");
    expect(down).toMatchObject({ code: 0, stdout: "cluster kvproof (kind) is gone\n" });
    expect([fake.has("made"), existsSync(kubeconfig)]).toEqual([false, false]);
    expect((await run("down")).stdout).toBe("there is no cluster that `kvproof cluster up` made\n");
  });

  it.for([[[]], [["--with", "k3d"]]] as const)(
    "without kind or k3d says what to do, and makes nothing: %s",
    async ([more], context) => {
      const { fake, run } = await aMachine(context, ["docker"]);
      const finished = await run("up", ...more);
      expect(finished.code).toBe(69);
      expect(errorLine(finished)).toMatch(
        /^KVP_E_CLUSTER_TOOL: .*installed \(https:.*nothing was created\. .*KVPROOF_KUBECONFIG/,
      );
      expect(fake.calls).toEqual([]);
    },
  );

  it("takes away what it could not finish, and quotes why", async (context) => {
    const { fake, run } = await aMachine(context, ["kind"]);
    fake.put("fail-create");
    const finished = await run("up");
    expect(finished.code).toBe(69);
    expect(errorLine(finished)).toMatch(
      /KVP_E_CLUSTER_TOOL: kind create .* failed \(exit code 1\); it said: ERROR: create cannot work/,
    );
    expect(fake.calls.at(-1)).toMatch(/^kind delete cluster --name kvproof/);
    expect((await run("down")).stdout).toMatch(/^there is no cluster/);
  });

  it.for([
    ["Ctrl-C", [], 130, "KVP_E_INTERRUPTED"],
    ["its time", ["--timeout", "6s"], 69, "KVP_E_CLUSTER_TOOL: kind create .* took more than 6000 ms"],
  ] as const)("ended by %s leaves no half-made cluster", async ([how, more, code, words], context) => {
    const { fake, start } = await aMachine(context, ["kind"]);
    fake.put("hang-create");
    const running = start("up", ...more);
    await running.says("Creating cluster");
    if (how === "Ctrl-C") running.signal("SIGINT");
    const finished = await running.ended;
    expect(finished.code).toBe(code);
    expect(errorLine(finished)).toMatch(new RegExp(`^${words}`));
    expectPlain(finished);
    expect(fake.calls).toContain("ended");
    expect(fake.has("made")).toBe(false);
  });

  it("ended at once by a second Ctrl-C leaves no program of its own running", async (context) => {
    const { world, fake, start } = await aMachine(context, ["kind"]);
    fake.put("hang-create", "deaf");
    const running = start("up");
    await running.says("Creating cluster");
    running.signal("SIGINT");
    await running.says("press Ctrl-C again");
    running.signal("SIGINT");
    expect((await running.ended).code).toBe(130);
    await world.untilNothingRuns();
    // What the record of it is for.
    expect((await world.run(["cluster", "down"], { env: fake.env })).stdout).toBe("cluster kvproof (kind) is gone\n");
    expect(fake.has("made")).toBe(false);
  });

  it("writes over no kubeconfig that it did not write", async (context) => {
    const { world, fake, run } = await aMachine(context, ["kind"]);
    world.write("mine", "precious");
    const finished = await run("up", "--kubeconfig", "mine");
    expect(finished.code).toBe(64);
    expect(errorLine(finished)).toMatch(/^KVP_E_USAGE: \S*mine exists; name a file/);
    expect(readFileSync(world.path("mine"), "utf8")).toBe("precious");
    expect(fake.has("made")).toBe(false);
  });
});

describe.concurrent("a cluster named kvproof that somebody else made", { timeout: 120_000 }, () => {
  it.for(["up", "down"])("is left alone by %s", async (command, context) => {
    const { fake, run } = await aMachine(context, ["kind"]);
    fake.put("made");
    const finished = await run(command);
    expect(finished.code).toBe(64);
    expect(errorLine(finished)).toMatch(
      /^KVP_E_CLUSTER_NOT_OURS: kind has a cluster kvproof .*by hand: kind delete cluster/,
    );
    expect(fake.calls).toEqual(["kind get clusters"]);
  });

  it("is left alone also where one of ours had that name before", async (context) => {
    const { fake, stub, run } = await aMachine(context, ["kind"]);
    await run("up");
    stub.uid = "uid-of-another";
    const finished = await run("down");
    expect(errorLine(finished)).toMatch(/^KVP_E_CLUSTER_NOT_OURS/);
    expect(fake.has("made")).toBe(true);
  });

  it("that was ours and answers no more can still be taken away", async (context) => {
    const { fake, stub, run } = await aMachine(context, ["kind"]);
    await run("up");
    stub.stop();
    expect((await run("down")).code).toBe(0);
    expect(fake.has("made")).toBe(false);
  });
});

describe.concurrent("kvproof cluster status", { timeout: 120_000 }, () => {
  const LEFT = "2000-01-01T00:00:00.000Z";

  it("tells all that a run would ask for, and changes nothing", async (context) => {
    const world = new CliWorld(context);
    const stub = await KubeStub.start(context);
    stub.nodes = [aNode("n1", [IMAGE]), aNode("cp", ["x"], { taints: [{ effect: "NoSchedule" }] })];
    stub.chaosKinds = ["NetworkChaos", "PodChaos"];
    stub.chaosController = "ghcr.io/chaos-mesh/chaos-mesh:v2.8.3";
    stub.left.set("kvproof-abc123", LEFT);
    const finished = await world.run(["cluster", "status", "--kubeconfig", stub.kubeconfigFile()]);
    expect(finished).toMatchObject({ code: 0, stderr: "" });
    expect(finished.stdout.split("\n")).toEqual([
      `context      stub (${stub.url}), Kubernetes v1.33.0; runs need --yes-this-cluster stub`,
      "node         n1: ready, v1.33.0",
      "node         cp: ready, but takes no pods, v1.33.0",
      "permissions  all that runs need; node drains: yes, discovery: yes, Chaos Mesh: yes",
      "chaos mesh   installed, version 2.8.3; without StressChaos, IOChaos, TimeChaos",
      `image        ${IMAGE}: on n1`,
      "of ours      namespace kvproof-abc123: its time is over; kvproof gc removes it",
      "ready for runs",
      "",
    ]);
    expect(stub.changes).toEqual([]);
  });

  it("as JSON, with everything that is missing, and exit 69", async (context) => {
    const world = new CliWorld(context);
    const stub = await KubeStub.start(context);
    stub.nodes = [aNode("n1", ["x"])];
    for (const one of ["create namespaces", "patch nodes", "create roles"]) stub.denied.add(one);
    const finished = await world.run(["cluster", "status", "--json", "--kubeconfig", stub.kubeconfigFile()]);
    expect(finished).toMatchObject({ code: 69, stderr: "" });
    expect(JSON.parse(finished.stdout)).toMatchObject({
      schemaVersion: 1,
      context: "stub",
      mayBeUsed: false,
      version: "v1.33.0",
      permissions: { missing: ["create namespaces"], drain: false, discover: false, chaosMesh: true },
      chaosMesh: { installed: false, missing: [], version: null },
      image: { name: IMAGE, has: [], lacks: ["n1"], silent: [] },
      leftovers: [],
      problems: [/may not: create namespaces;/, /is not on n1; load it/].map(
        (words) => expect.stringMatching(words) as string,
      ),
    });
  });

  it("of no cluster is an error for people and an answer for scripts", async (context) => {
    const world = new CliWorld(context);
    const finished = await world.run(["cluster", "status", "--json", "--kubeconfig", "/nowhere/kubeconfig"]);
    expect(finished.code).toBe(69);
    expect(errorLine(finished)).toMatch(/^KVP_E_CLUSTER_UNREACHABLE: \/nowhere\/kubeconfig does not exist/);
    expect(JSON.parse(finished.stdout)).toMatchObject({
      problems: [expect.stringMatching(/^KVP_E_CLUSTER_UNREACHABLE/) as string],
    });
  });

  it("agrees with what a run says: an image that is missing ends both, and nothing is made", async (context) => {
    const world = new CliWorld(context);
    const stub = await KubeStub.start(context);
    stub.nodes = [aNode("n1", ["x"])];
    world.write("s.yaml", aScenario());
    const where = ["--kubeconfig", stub.kubeconfigFile(), "--image", "localhost/absent:1"];
    const status = await world.run(["cluster", "status", ...where]);
    expect(status.stdout).toMatch(/^image {8}localhost\/absent:1: not on n1$/m);
    const running = world.start(["run", "s.yaml", "--lab", "kubernetes", "--yes-this-cluster", "stub", ...where]);
    await running.says("node n1 does not tell of localhost/absent:1 yet");
    running.signal("SIGTERM");
    await running.ended;
    expect(stub.changes).toEqual([]);
    expect(existsSync(world.path("runs"))).toBe(false);
  });
});
