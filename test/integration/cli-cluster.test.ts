/** Commands around clusters on a machine that has none: what to do is said, and nothing is made. */
import { existsSync, readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { aScenario, CliWorld, errorLine } from "./cli-world.js";

/** A configuration whose API server nobody is. */
const NOWHERE = `
apiVersion: v1
kind: Config
current-context: here
contexts: [{ name: here, context: { cluster: c, user: u } }]
clusters: [{ name: c, cluster: { server: "http://127.0.0.1:9" } }]
users: [{ name: u, user: {} }]
`;
const NO_CLUSTER = { KVPROOF_KUBECONFIG: "/nowhere/kubeconfig", KUBECONFIG: "/nowhere/kubeconfig" };

describe.concurrent("without a cluster", { timeout: 60_000 }, () => {
  it.for([
    ["gc", ["gc"]],
    ["gc of one run", ["gc", "--run", "x"]],
    ["a run with Chaos Mesh", ["run", "s.yaml", "--lab", "kubernetes", "--injector", "chaos-mesh"]],
  ] as const)("%s says so and what to do", async ([, args], context) => {
    const world = new CliWorld(context);
    world.write("s.yaml", aScenario());
    const finished = await world.run(args, { env: NO_CLUSTER });
    expect(finished.code).toBe(69);
    expect(errorLine(finished)).toMatch(/^KVP_E_CLUSTER_UNREACHABLE: .*\/nowhere\/kubeconfig.*kvproof cluster up/);
    expect(existsSync(world.path("runs"))).toBe(false);
  });

  it("gc asks an API server that does not answer once, and gives up", async (context) => {
    const world = new CliWorld(context);
    const kubeconfig = world.write("kubeconfig", NOWHERE);
    const finished = await world.run(["gc", "--kubeconfig", kubeconfig, "--yes-this-cluster", "here"]);
    expect(finished.code).toBe(69);
    expect(errorLine(finished)).toMatch(/^KVP_E_CLUSTER_UNREACHABLE: could not reach the API server/);
  });

  it("gc touches no context that was not named", async (context) => {
    const world = new CliWorld(context);
    const kubeconfig = world.write("kubeconfig", NOWHERE);
    const finished = await world.run(["gc", "--kubeconfig", kubeconfig]);
    expect(finished.code).toBe(64);
    expect(errorLine(finished)).toMatch(/^KVP_E_CLUSTER_CONTEXT: .*"here"/);
  });

  it("the role that a runner needs is printed all the same", async (context) => {
    const finished = await new CliWorld(context).run(["kubernetes", "rbac", "--injector", "chaos-mesh"], {
      env: NO_CLUSTER,
    });
    expect(finished).toMatchObject({ code: 0, stderr: "" });
    expect(finished.stdout).toMatch(/kind: ClusterRole\n[\s\S]*chaos-mesh\.org/);
  });

  it("experiments are exported all the same, and bad namespaces refused", async (context) => {
    const world = new CliWorld(context);
    const finished = await world.run(["chaos", "export", "--format", "workflow", "--out", "w"], { env: NO_CLUSTER });
    expect(finished.code).toBe(0);
    expect(finished.stderr).toMatch(/left out chaos\/pod-pause: .*\n[\s\S]*\d+ written, \d+ left out\n$/);
    expect(readdirSync(world.path("w"))).toContain("kvproof-partition-silence.yaml");
    const refused = await world.run(["chaos", "export", "--namespace", "No_Such"]);
    expect(refused.code).toBe(64);
  });

  it.for([
    ["--injector chaos-mesh", [], /^KVP_E_USAGE: --injector is about --lab kubernetes, and this is --lab local/],
    ["--discover", ["--lab", "local"], /^KVP_E_USAGE: --discover is about --lab kubernetes/],
    ["--gateway-command ./mine", ["--lab", "kubernetes"], /^KVP_E_USAGE: --gateway-command is .* Use --lab local/],
    ["--sut stdio:./mine", ["--lab", "kubernetes"], /^KVP_E_USAGE: --sut is a system under test of this machine/],
  ] as const)("a run with %s %s is refused, not run without it", async ([typed, more, words], context) => {
    const world = new CliWorld(context);
    world.write("s.yaml", aScenario());
    const finished = await world.run(["run", "s.yaml", ...typed.split(" "), ...more], { env: NO_CLUSTER });
    expect(finished.code).toBe(64);
    expect(errorLine(finished)).toMatch(words);
    expect(existsSync(world.path("runs"))).toBe(false);
  });
});
