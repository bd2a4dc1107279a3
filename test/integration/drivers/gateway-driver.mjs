/**
 * A right system behind the driver protocol: our gateway as a child process, asked over its indexer API. A driver with a defect
 * is this one with something wrong between the two.
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const ENTRY = fileURLToPath(new URL("../../../dist/kvproof.js", import.meta.url));
const CLAIMS = { match: true, route: true, dump: true, replay: true, lora: true, salt: true, tiers: true };

/** `spoil(method, params, ask)` stands between: it may change the question, or the answer of `ask(method, params)`. */
export function serve(name, spoil = (method, params, ask) => ask(method, params), claims = CLAIMS) {
  const gateway = spawn(process.execPath, [ENTRY, "gateway", "--port", "0"], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, KVPROOF_PARENT_PID: String(process.pid) },
  });
  const url = new Promise((resolve) => {
    createInterface({ input: gateway.stdout }).on("line", (line) => resolve(JSON.parse(line).url));
  });
  const call = async (path, body) => {
    const method = body === undefined ? "GET" : "POST";
    const headers = { "content-type": "application/json" };
    const response = await fetch((await url) + path, { method, headers, body: body && JSON.stringify(body) });
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.error?.message ?? response.statusText);
    return answer;
  };
  const methods = {
    hello: async () => ({ protocol: 1, name, version: "1", capabilities: claims }),
    "engine.add": (engine) => call("/register", engine),
    "engine.remove": ({ engine }) => call("/unregister", { engine }),
    match: (query) => call("/query", query),
    route: async (query) => ({ engine: (await call("/route", query)).engine }),
    dump: () => call("/dump"),
    stop: async () => {
      gateway.once("exit", () => process.exit(0));
      gateway.kill();
      return {};
    },
  };
  const ask = (method, params) => methods[method](params);
  const say = (reply) => process.stdout.write(`${JSON.stringify(reply)}\n`);
  createInterface({ input: process.stdin })
    .on("line", (line) => {
      const { id, method, params } = JSON.parse(line);
      void spoil(method, params, ask).then(
        (result) => say({ id, result }),
        (error) => say({ id, error: { message: error.message } }),
      );
    })
    .on("close", () => gateway.kill());
}
