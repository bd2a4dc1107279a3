/**
 * The gate's leg on a real Kubernetes: brings up a cluster of two nodes with ../shared/k8s, runs a sample of scenarios and one chaos
 * experiment on it, checks that nothing is left in it, and takes it down, whatever happened.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
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
const RUNS = [
  {
    name: "scenarios",
    args: ["test/e2e/happy-path.yaml", "test/e2e/pod-delete.yaml", "--sample", "0.4", "--discover"],
  },
  { name: "chaos", args: ["test/chaos/experiments/partition-silence.yaml", "--sample", "0.6"] },
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
    step("cluster up", run(join(kit, "up.sh"), [])) &&
    step("image packed", run("node", ["scripts/image.mjs", app])) &&
    step("image made", run(join(kit, "image.sh"), ["node", IMAGE, tar, app, "--", "node", "/app/dist/kvproof.js"])) &&
    step("image loaded", run(join(kit, "image.sh"), ["load", tar]));
  try {
    if (!upTo()) return 1;
    const common = ["--lab", "kubernetes", "--yes-this-cluster", "kvk", "--image", IMAGE, "--quiet"];
    const results = RUNS.map(({ name, args }) =>
      step(name, run("node", ["dist/kvproof.js", "run"].concat(args, common), SHOWN)),
    );
    results.push(step("nothing of ours is left", nothingLeft(join(cache, "bin", "kubectl"), env)));
    return results.every(Boolean) ? 0 : 1;
  } finally {
    // Not through run(): it must happen also when interrupted.
    spawnSync(join(kit, "down.sh"), [], { env, stdio: ["ignore", "inherit", "inherit"] });
    rmSync(app, { recursive: true, force: true });
  }
}

function nothingLeft(kubectl, env) {
  const args = ["get", "namespaces", "-l", "app.kubernetes.io/managed-by=kvproof", "-o", "name"];
  const { status, stdout } = spawnSync(kubectl, args, { env, encoding: "utf8" });
  return status === 0 && stdout.trim() === "";
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = main();
