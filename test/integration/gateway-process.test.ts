/** `kvproof gateway` as a process: how it starts, what it refuses, how it ends; and with real `kvproof engine` processes. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, describe, expect, it } from "vitest";
import { waitFor } from "../../src/base/async.js";
import { cliEntry } from "../../src/base/package-root.js";
import { StubEngine } from "./gateway-stub.js";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Started {
  readonly child: ChildProcess;
  /** Its first line on standard output. */
  readonly ready: Record<string, never> & { url: string; http: string; ranks: unknown; pid: number };
  readonly exit: Promise<number | null>;
}

function kvproof(args: readonly string[], env: Record<string, string> = {}): ChildProcess {
  const child = spawn(process.execPath, [cliEntry(), ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  cleanups.push(() => child.kill("SIGKILL"));
  return child;
}

async function start(args: readonly string[], env: Record<string, string> = {}): Promise<Started> {
  const child = kvproof(args, env);
  child.stderr?.resume();
  const exit = once(child, "exit").then(([code]) => code as number | null);
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const [line] = (await once(lines, "line")) as [string];
  return { child, ready: JSON.parse(line), exit };
}

/** Runs until it ends by itself. */
async function outcome(args: readonly string[]): Promise<{ code: number | null; stderr: string }> {
  const child = kvproof(args);
  let stderr = "";
  child.stderr?.on("data", (chunk) => {
    stderr += chunk;
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stderr };
}

const post = async (url: string, body: unknown): Promise<Response> =>
  fetch(url, { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } });
const until = (describe: string, condition: () => unknown): Promise<unknown> =>
  waitFor(condition, { describe, timeoutMs: 10_000 });

describe("kvproof gateway", () => {
  it("says in one line where it is, and answers there", async () => {
    const { ready, child } = await start(["gateway"]);
    expect(ready).toEqual({
      event: "ready",
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      pid: child.pid,
    });
    expect((await fetch(`${ready.url}/health`)).status).toBe(200);
    expect(await (await fetch(`${ready.url}/ready`)).json()).toEqual({ ready: true, waiting_for: [] });
  });

  it("ends 69 when its address is taken, 64 when it would be reachable from elsewhere, with one line each", async () => {
    const squatter = createServer().listen(0, "127.0.0.1");
    cleanups.push(() => squatter.close());
    await once(squatter, "listening");
    const { port } = squatter.address() as { port: number };
    const taken = await outcome(["gateway", "--port", String(port), "--log-level", "silent"]);
    expect(taken).toEqual({ code: 69, stderr: expect.stringMatching(/^KVP_E_ADDRESS_IN_USE: .*\n$/) });
    const open = await outcome(["gateway", "--host", "0.0.0.0"]);
    expect(open).toEqual({ code: 64, stderr: expect.stringMatching(/^KVP_E_USAGE: .*--allow-remote.*\n$/) });
  });

  it("ends 64 and names the place when its configuration is wrong", async () => {
    const folder = mkdtempSync(join(tmpdir(), "kvproof-gateway-"));
    cleanups.push(() => rmSync(folder, { recursive: true }));
    const config = join(folder, "gateway.yaml");
    writeFileSync(config, "engines:\n  - http: http://127.0.0.1:8000\n  - model: m\n    block_size: none\n");
    const { code, stderr } = await outcome(["gateway", "--config", config]);
    expect({ code, stderr }).toEqual({ code: 64, stderr: expect.stringContaining(`${config}:3:5`) });
    expect(stderr).toMatch(/^KVP_E_USAGE: .*block_size/);
    expect((await outcome(["gateway", "--config", join(folder, "none.yaml")])).stderr).toMatch(/^KVP_E_FILE_NOT_FOUND/);
    expect((await outcome(["gateway", "--port", "x"])).code).toBe(64);
  });

  it("on SIGTERM lets a running stream end, takes nothing new, and exits 0", async () => {
    const engine = await StubEngine.start("m/1", { ranks: 0 });
    cleanups.push(() => engine.kill());
    let finish = (): void => undefined;
    engine.answer = (_, response) => {
      response.writeHead(200).write("data: one\n\n");
      finish = () => void response.end("data: two\n\n");
    };
    // Far beyond the test's own limit: a gateway that waits for idle connections would not make it.
    const { ready, child, exit } = await start(["gateway", "--drain-ms", "60000", "--log-level", "silent"]);
    await post(`${ready.url}/register`, engine.registration());
    const response = await post(`${ready.url}/v1/completions`, { model: "m", prompt: [1], stream: true });
    child.kill("SIGTERM");
    await until("new clients to be refused", () =>
      fetch(`${ready.url}/health`).then(
        () => false,
        () => true,
      ),
    );
    finish();
    expect(await response.text()).toBe("data: one\n\ndata: two\n\n");
    expect(await exit).toBe(0);
  });

  it("cuts what has not ended within the grace period, and exits 0 all the same", async () => {
    const engine = await StubEngine.start("m/1", { ranks: 0 });
    cleanups.push(() => engine.kill());
    engine.answer = (_, response) => void response.writeHead(200).write("data: one\n\n");
    const { ready, child, exit } = await start(["gateway", "--drain-ms", "200", "--log-level", "silent"]);
    await post(`${ready.url}/register`, engine.registration());
    const response = await post(`${ready.url}/v1/completions`, { model: "m", prompt: [1], stream: true });
    child.kill("SIGTERM");
    await expect(response.text()).rejects.toThrow("terminated");
    expect(await exit).toBe(0);
  });

  it("does not outlive the process that started it", async () => {
    const script = `
      const { spawn } = require("node:child_process");
      const child = spawn(process.execPath, [${JSON.stringify(cliEntry())}, "gateway", "--log-level", "silent"],
        { env: { ...process.env, KVPROOF_PARENT_PID: String(process.pid) }, stdio: ["ignore", "inherit", "ignore"] });
      setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    cleanups.push(() => parent.kill("SIGKILL"));
    const [line] = (await once(createInterface({ input: parent.stdout }), "line")) as [string];
    const { url } = JSON.parse(line) as { url: string };
    expect((await fetch(`${url}/health`)).status).toBe(200);
    parent.kill("SIGKILL");
    await until("the gateway to end", () =>
      fetch(`${url}/health`).then(
        () => false,
        () => true,
      ),
    );
  });
});

describe("with kvproof engines", () => {
  const BLOCK_SIZE = 16;
  const anEngine = async (
    name: string,
    more: readonly string[] = [],
  ): Promise<{ engine: Started; registration: Record<string, unknown> }> => {
    const events = JSON.stringify({
      enable_kv_cache_events: true,
      publisher: "zmq",
      endpoint: "tcp://127.0.0.1:*",
      replay_endpoint: "tcp://127.0.0.1:*",
    });
    const args = ["--model", "llama-8b", "--name", name, "--num-gpu-blocks", "256", "--block-size", String(BLOCK_SIZE)];
    const engine = await start(["engine", ...args, "--kv-events-config", events, "--log-level", "silent", ...more]);
    const { http, ranks } = engine.ready;
    const registration = {
      engine: name,
      model: "llama-8b",
      block_size: BLOCK_SIZE,
      dialect: "vllm-0.30",
      topic: "",
      http,
      ranks,
      uid: name,
    };
    return { engine, registration };
  };
  const prompt = (blocks: number, seed: number): number[] =>
    Array.from({ length: blocks * BLOCK_SIZE + 3 }, (_, i) => (seed * 1009 + i) % 30_000);
  const cachedTokens = async (response: Response): Promise<number> =>
    ((await response.json()) as { usage: { prompt_tokens_details: { cached_tokens: number } } }).usage
      .prompt_tokens_details.cached_tokens;

  it("routes a prompt's second sending to the engine that cached it, whose own count agrees", async () => {
    const { ready: gateway } = await start(["gateway", "--log-level", "silent"]);
    const engines = [await anEngine("llama-8b/1"), await anEngine("llama-8b/2")];
    for (const { registration } of engines) await post(`${gateway.url}/register`, registration);
    const complete = (tokens: readonly number[]): Promise<Response> =>
      post(`${gateway.url}/v1/completions`, { model: "llama-8b", prompt: tokens, max_tokens: 1 });
    for (let seed = 1; seed <= 6; seed++) {
      const tokens = prompt(5, seed);
      const first = await complete(tokens);
      expect(await cachedTokens(first)).toBe(0);
      const engine = first.headers.get("x-kvproof-engine") as string;
      await until("the blocks to show", async () => {
        const answer = (await (await post(`${gateway.url}/query`, { model: "llama-8b", tokens })).json()) as {
          engines: Record<string, number>;
        };
        return answer.engines[engine] === 5;
      });
      const second = await complete(tokens);
      expect(second.headers.get("x-kvproof-engine")).toBe(engine);
      expect(second.headers.get("x-kvproof-matched-blocks")).toBe("5");
      expect(await cachedTokens(second)).toBe(5 * BLOCK_SIZE);
    }
    for (const { registration } of engines) await post(`${gateway.url}/unregister`, { engine: registration.engine });
    expect(await (await fetch(`${gateway.url}/dump`)).json()).toMatchObject({
      engines: {},
      total_blocks: 0,
      side_entries: 0,
    });
  });

  it("tokenises chat like the engine does, and names no engine that was killed", async () => {
    const { ready: gateway } = await start(["gateway", "--log-level", "silent"]);
    const { engine, registration } = await anEngine("llama-8b/1");
    await post(`${gateway.url}/register`, registration);
    const messages = [{ role: "user", content: Array.from({ length: 100 }, (_, i) => `w${i + 10}`).join(" ") }];
    const chat = (): Promise<Response> =>
      post(`${gateway.url}/v1/chat/completions`, { model: "llama-8b", messages, max_tokens: 1 });
    expect(await cachedTokens(await chat())).toBe(0);
    let matched = 0;
    let cached = 0;
    await until("the second sending to match", async () => {
      const response = await chat();
      matched = Number(response.headers.get("x-kvproof-matched-blocks"));
      cached = await cachedTokens(response);
      return matched > 0;
    });
    expect(matched * BLOCK_SIZE).toBe(cached);
    engine.child.kill("SIGKILL");
    await until("the engine to be seen dead", async () => {
      const { workers } = (await (await fetch(`${gateway.url}/workers`)).json()) as { workers: { health: string }[] };
      return workers[0]?.health === "down";
    });
    expect((await chat()).status).toBe(503);
  });

  it("finds an engine by its HTTP address alone", async () => {
    const folder = mkdtempSync(join(tmpdir(), "kvproof-gateway-"));
    cleanups.push(() => rmSync(folder, { recursive: true }));
    const { engine } = await anEngine("llama-8b/1", ["--data-parallel-size", "2"]);
    writeFileSync(join(folder, "gateway.yaml"), `engines:\n  - { http: "${engine.ready.http}", engine: one }\n`);
    const { ready: gateway } = await start([
      "gateway",
      "--config",
      join(folder, "gateway.yaml"),
      "--log-level",
      "silent",
    ]);
    await until("it to be ready", async () => (await fetch(`${gateway.url}/ready`)).status === 200);
    const { workers } = (await (await fetch(`${gateway.url}/workers`)).json()) as { workers: unknown[] };
    expect(workers).toMatchObject([
      {
        engine: "one",
        model: "llama-8b",
        ranks: [
          { rank: 0, connected: true },
          { rank: 1, connected: true },
        ],
      },
    ]);
  });
});
