/** The engine as a process: its ready line, its end, and how it refuses to start. */
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { waitFor } from "../../src/base/async.js";
import { cliEntry } from "../../src/base/package-root.js";
import { anEngine, EngineProcess, events, tokens } from "./engine-process.js";

const idle = ["--model", "tiny"];

/** A TCP port that is taken for the rest of the test. */
async function takenPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return (server.address() as { port: number }).port;
}

describe("start", () => {
  it("ends in exactly one ready line on standard output, and the engine is then reachable everywhere it says", async () => {
    const engine = await anEngine("--name", "tiny/7", "--epoch", "3");
    expect(engine.info).toMatchObject({ event: "ready", engine: "tiny/7", epoch: 3, pid: engine.process.child.pid });
    expect((await engine.call("GET", "/health")).status).toBe(200);
    expect((await engine.lab("GET", "/lab")).status).toBe(200);
    await engine.complete(tokens(20));
    expect(engine.process.stdout.trimEnd().split("\n")).toHaveLength(1);
  });

  it("without events keeps the truth but publishes nothing", async () => {
    const engine = await anEngine("--kv-events-config", '{"enable_kv_cache_events":false}');
    expect(engine.info.ranks).toEqual([]);
    await engine.complete(tokens(20));
    expect(engine.ledger()).toMatchObject([{ seq: 0, wire: "burnt", changes: [{ op: "store" }] }]);
    expect((await engine.call("GET", "/kv_event_sources")).text).toBe("{}");
  });

  it.each(["port", "lab-port", "events", "replay"])("says which address is in use: %s", async (which) => {
    const port = await takenPort();
    const endpoint = `tcp://127.0.0.1:${port}`;
    const flags = {
      port: ["--port", String(port)],
      "lab-port": ["--lab-port", String(port)],
      events: ["--kv-events-config", events({ endpoint, bind: true })],
      replay: ["--kv-events-config", events({ replay_endpoint: endpoint })],
    }[which] as string[];
    const { code, stderr } = await new EngineProcess([...idle, ...flags]).ended;
    expect(code).toBe(69);
    expect(stderr).toMatch(new RegExp(`^KVP_E_ADDRESS_IN_USE: \\w+://127.0.0.1:${port} is in use.*\n$`));
  });

  it.each([
    [["--host", "203.0.113.7"], 69, /^KVP_E_BIND: .*203\.0\.113\.7/],
    [["--num-gpu-blocks", "1"], 64, /num-gpu-blocks/],
    [["--max-model-len", "999999999"], 64, /^KVP_E_USAGE: max model length/],
    [["--dialect", "vllm-9"], 64, /^KVP_E_USAGE: unknown dialect/],
    [["--kv-events-config", '{"topik":1}'], 64, /^KVP_E_USAGE: --kv-events-config: unknown key "topik"/],
    [["--lora-modules", "a=b"], 64, /^KVP_E_USAGE: --lora-modules needs --enable-lora/],
    [["--lora-modules", "ab", "--enable-lora"], 64, /^KVP_E_USAGE: .*<name>=<path>/],
    [["--nope"], 64, /unknown option/],
  ])("refuses %j in words", async (flags, exit, message) => {
    const { code, stderr } = await new EngineProcess([...idle, ...flags]).ended;
    expect({ code, stderr }).toEqual({ code: exit, stderr: expect.stringMatching(message) as string });
  });
});

describe("end", () => {
  it.each(["SIGTERM", "SIGINT"] as const)("by %s is orderly even with requests under way", async (signal) => {
    const engine = await anEngine("--decode-ms-per-token", "50");
    const running = engine.complete(tokens(20), { max_tokens: 1000 });
    await waitFor(async () => (await engine.call("GET", "/load")).text === '{"server_load":1}', {
      describe: "the request",
      timeoutMs: 5000,
    });
    engine.process.child.kill(signal);
    await expect(running).rejects.toThrow("fetch failed");
    expect(await engine.process.ended).toMatchObject({ code: 0, signal: null });
  });

  it("comes by itself when the process that started it is gone", async () => {
    // A shell stands between, so that it can die while the engine lives on.
    const script = `KVPROOF_PARENT_PID=$$ "${process.execPath}" "${cliEntry()}" engine --model tiny & echo $!; wait`;
    const shell = spawn("sh", ["-c", script], { stdio: ["ignore", "pipe", "ignore"] });
    let output = "";
    shell.stdout.on("data", (data: Buffer) => (output += data.toString()));
    await waitFor(() => output.includes('"ready"'), { describe: "the engine", timeoutMs: 10_000 });
    const pid = Number(output.split("\n")[0]);
    shell.kill("SIGKILL");
    expect(await waitFor(() => !alive(pid), { describe: `engine ${pid} to end itself`, timeoutMs: 5000 })).toBe(true);
  });
});

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe("footprint", () => {
  it("is small enough for a hundred engines on one machine: < 400 ms of CPU to start, < 70 MB resident", async () => {
    const engine = await anEngine();
    const cpuSeconds = await engine.metric("process_cpu_seconds_total");
    const rssBytes = await engine.metric("process_resident_memory_bytes");
    expect(cpuSeconds).toBeLessThan(0.4);
    expect(rssBytes).toBeLessThan(70e6);
  });
});
