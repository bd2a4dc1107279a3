/**
 * The gate's leg on a real Kubernetes: brings up a cluster of two nodes with ../shared/k8s, runs a sample of scenarios on it under the
 * role that `kvproof kubernetes rbac` prints, one chaos experiment, a node that is cut off, and the tests of Chaos Mesh's definitions,
 * checks that nothing is left in it, and takes it down, whatever happened.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const kit = join(root, "..", "shared", "k8s");
const IMAGE = "localhost/kvproof:dev";

/** Why the leg cannot run here; null = it can. */
export function reasonWithoutCluster() {
  if (process.getuid?.() !== 0) return "needs root";
  if (!existsSync(join(kit, "up.sh"))) return "needs ../shared/k8s";
  if (spawnSync("ip", ["link", "show", "kvk0"], { stdio: "ignore" }).status === 0) return "needs no other such cluster";
  return null;
}

/** What is violated fails the gate; a machine too busy for a verdict (2) is shown. */
const SHOWN = [0, 2];
const RUNNER = "kvproof-runner";
const RUNS = [
  {
    name: "scenarios, under the printed role",
    context: RUNNER,
    args: ["test/e2e/happy-path.yaml", "test/e2e/pod-delete.yaml", "--sample", "0.4", "--discover"],
  },
  {
    name: "chaos",
    context: "kvk",
    args: ["test/chaos/experiments/partition-silence.yaml", "--sample", "0.6"],
  },
  {
    name: "a node cut off",
    context: "kvk",
    args: [
      "test/cluster/node-cut.yaml",
      "--sample",
      "0.5",
      "--node-command",
      `${join(kit, "node.sh")} {action} {number}`,
    ],
  },
];

function main() {
  const reason = reasonWithoutCluster();
  if (reason !== null) {
    console.log(`left out: a real Kubernetes (${reason})`);
    return 0;
  }
  const cache = process.env.KVK_CACHE ?? join(tmpdir(), "kvproof-kvk-cache");
  mkdirSync(join(cache, "images"), { recursive: true });
  const kubeconfig = join(cache, "run", "kubeconfig");
  const env = {
    ...process.env,
    KVK_CACHE: cache,
    KVK_NODES: "2",
    // Loaded as a node starts: its kubelet tells of the image at once.
    KVK_IMAGES: "kvproof",
    KVPROOF_KUBECONFIG: kubeconfig,
    KUBECONFIG: kubeconfig,
  };
  let interrupted = false;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => (interrupted = true));
  const run = (command, args, fine = [0]) => {
    if (interrupted) return false;
    const { status } = spawnSync(command, args, { cwd: root, env, stdio: ["ignore", "inherit", "inherit"] });
    return fine.includes(status);
  };
  const step = (name, ok) => {
    console.log(`   ${name}: ${ok ? "ok" : "FAILED"}`);
    return ok;
  };
  const app = mkdtempSync(join(tmpdir(), "kvproof-image-"));
  const tar = join(cache, "images", "kvproof.tar");
  const upTo = () =>
    step("cluster built", run(join(kit, "build.sh"), [])) &&
    step("image packed", run("node", ["scripts/image.mjs", app])) &&
    step("image made", run(join(kit, "image.sh"), ["node", IMAGE, tar, app, "--", "node", "/app/dist/kvproof.js"])) &&
    step("cluster up", run(join(kit, "up.sh"), [])) &&
    step("ready for runs", run("node", ["dist/kvproof.js", "cluster", "status", "--image", IMAGE]));
  try {
    if (!upTo()) return 1;
    const kubectl = join(cache, "bin", "kubectl");
    if (!step("printed role given", addRunner(kubectl, env))) return 1;
    const common = ["--lab", "kubernetes", "--image", IMAGE, "--quiet"];
    const results = RUNS.map(({ name, context, args }) => {
      const cluster = ["--context", context, "--yes-this-cluster", context];
      return step(name, run("node", ["dist/kvproof.js", "run"].concat(args, common, cluster), SHOWN));
    });
    // Its own reporter: the gate reads the results of the whole suite from the file that the default one would write.
    const tests = ["vitest", "run", "test/kubernetes/chaos-mesh-cluster.test.ts", "--reporter=dot"];
    results.push(step("Chaos Mesh's definitions", run("npx", tests)));
    results.push(step("nothing of ours is left", nothingLeft(kubectl, env)));
    return results.every(Boolean) ? 0 : 1;
  } finally {
    // Not through run(): it must happen also when interrupted.
    spawnSync(join(kit, "down.sh"), [], { env, stdio: ["ignore", "inherit", "inherit"] });
    rmSync(app, { recursive: true, force: true });
  }
}

/** An account with the printed role and nothing else, as one more context of the kubeconfig. */
function addRunner(kubectl, env) {
  const call = (program, args, input) =>
    spawnSync(program, args, { cwd: root, env, input, encoding: "utf8", stdio: ["pipe", "pipe", "inherit"] });
  const role = call("node", ["dist/kvproof.js", "kubernetes", "rbac", "--name", RUNNER, "--discover"]).stdout;
  if (call(kubectl, ["apply", "-f", "-"], role).status !== 0) return false;
  const { stdout: token } = call(kubectl, ["create", "token", RUNNER, "--duration", "1h"]);
  const { stdout: text } = call(kubectl, ["config", "view", "--raw", "-o", "json"]);
  if (token.trim() === "" || text === "") return false;
  const config = JSON.parse(text);
  config.users.push({ name: RUNNER, user: { token: token.trim() } });
  config.contexts.push({ name: RUNNER, context: { cluster: config.clusters[0].name, user: RUNNER } });
  writeFileSync(env.KUBECONFIG, JSON.stringify(config), { mode: 0o600 });
  return true;
}

function nothingLeft(kubectl, env) {
  const args = ["get", "namespaces", "-l", "app.kubernetes.io/managed-by=kvproof", "-o", "name"];
  const { status, stdout } = spawnSync(kubectl, args, { env, encoding: "utf8" });
  return status === 0 && stdout.trim() === "";
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = main();
