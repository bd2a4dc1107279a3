/**
 * Takes vLLM's command line and runs kvproof's engine double with what it shares of it, without lab port and ledger: what the lab does
 * with real engines (taps, requests as probes, restarts, adapters) is tested with it where there is no vLLM.
 */
import { spawn } from "node:child_process";

const [entry, ...given] = process.argv.slice(2);
const RENAMED = { "--served-model-name": "--model", "--num-gpu-blocks-override": "--num-gpu-blocks" };
const SHARED = new Set([
  "--host",
  "--port",
  "--block-size",
  "--max-num-batched-tokens",
  "--prefix-caching-hash-algo",
  "--kv-events-config",
  "--data-parallel-size",
  "--enable-lora",
  "--lora-modules",
]);

const args = ["engine"];
for (let i = 0; i < given.length; ) {
  const flag = given[i++];
  const values = [];
  while (i < given.length && !given[i].startsWith("--")) values.push(given[i++]);
  const name = RENAMED[flag] ?? flag;
  if (flag in RENAMED || SHARED.has(flag)) args.push(name, ...values);
}
const engine = spawn(process.execPath, [entry, ...args], { stdio: ["ignore", "inherit", "inherit"] });
process.on("SIGTERM", () => engine.kill("SIGTERM"));
engine.on("exit", (code, signal) => process.exit(signal === null ? code : 1));
