/** From KV events to routing decisions: engines publish over libzmq, the gateway follows, and requests go where their prefix is. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { GatewayOptions } from "../../src/gateway/options.js";
import { promptOf, StubEngine, TestGateway } from "./gateway-stub.js";

const started: { stop(): Promise<unknown> }[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((part) => part.stop().catch(() => undefined)));
});

async function anEngine(name: string, options: Parameters<typeof StubEngine.start>[1] = {}): Promise<StubEngine> {
  const engine = await StubEngine.start(name, options);
  started.push({ stop: () => engine.kill() });
  return engine;
}
async function aGateway(options: Partial<GatewayOptions> = {}): Promise<TestGateway> {
  const gateway = await TestGateway.start(options);
  started.push({ stop: () => gateway.gateway.stop(0) });
  return gateway;
}
const dump = async (
  gateway: TestGateway,
): Promise<{ total_blocks: number; side_entries: number; cap_blocks: number }> =>
  (await (await fetch(`${gateway.url}/dump`)).json()) as {
    total_blocks: number;
    side_entries: number;
    cap_blocks: number;
  };
const holds = (
  gateway: TestGateway,
  prompt: readonly number[],
  expected: Record<string, number>,
  fields = {},
): Promise<unknown> =>
  gateway.until(`/query to say ${JSON.stringify(expected)}`, async () => {
    const answer = await gateway.query(prompt, fields);
    return JSON.stringify(answer) === JSON.stringify(expected);
  });

describe("routing by events", () => {
  it("sends a prompt to the engine that holds its prefix, and says so", async () => {
    const [a, b] = [await anEngine("m/1"), await anEngine("m/2")];
    const gateway = await (await aGateway()).with(a, b);
    for (const [engine, seed] of [
      [a, 1],
      [b, 2],
    ] as const)
      await engine.store(promptOf(8, seed));
    await holds(gateway, promptOf(8, 1), { "m/1": 8 });
    await holds(gateway, promptOf(8, 2), { "m/2": 8 });
    for (let i = 0; i < 3; i++) {
      const response = await gateway.complete([...promptOf(8, 2), 1, 2, 3]);
      expect(response.headers.get("x-kvproof-engine")).toBe("m/2");
      expect(response.headers.get("x-kvproof-matched-blocks")).toBe("8");
    }
    const decisions = 'kvproof_gateway_route_decisions_total{reason="longest-match"}';
    expect(await gateway.metric(decisions)).toBe(3);
    expect(await gateway.metric("kvproof_gateway_matched_tokens_total")).toBe(3 * 8 * 4);
    // An engine that holds a whole prompt still computes its last token, and with it the last block.
    await gateway.complete(promptOf(8, 2));
    expect(await gateway.metric("kvproof_gateway_matched_tokens_total")).toBe((3 * 8 + 7) * 4);
  });

  it("follows the cache: evicted on one engine, stored on the other, the choice flips", async () => {
    const [a, b] = [await anEngine("m/1"), await anEngine("m/2")];
    const gateway = await (await aGateway()).with(a, b);
    const prompt = promptOf(4);
    await a.store(prompt);
    await holds(gateway, prompt, { "m/1": 4 });
    await a.publish(0, { type: "removed", blockHashes: [4n, 3n, 2n, 1n], medium: "GPU", groupIdx: 0 });
    await b.store(prompt);
    await holds(gateway, prompt, { "m/2": 4 });
    expect((await gateway.complete(prompt)).headers.get("x-kvproof-engine")).toBe("m/2");
  });

  it("pins the data-parallel rank that holds the prefix", async () => {
    const engine = await anEngine("m/1", { ranks: 2 });
    const gateway = await (await aGateway()).with(engine, await anEngine("m/2"));
    await engine.store(promptOf(4, 1), { rank: 1 });
    await engine.store(promptOf(2, 1), { rank: 0 });
    await holds(gateway, promptOf(4, 1), { "m/1": 4 });
    await gateway.complete(promptOf(4, 1));
    await gateway.complete(promptOf(4, 1), {}, { headers: { "x-data-parallel-rank": "0" } });
    expect(engine.requests("/v1/completions").map(({ headers }) => headers["x-data-parallel-rank"])).toEqual([
      "1",
      "0",
    ]);
  });

  it("keeps adapters and base apart, and forgets an adapter that means other weights now", async () => {
    const engine = await anEngine("m/1");
    engine.adapters.set("sql", "./v1");
    const gateway = await (await aGateway()).with(engine);
    const prompt = promptOf(4);
    await gateway.until("the adapter to be known", async () => (await gateway.workers())[0]?.adapters.sql === "./v1");
    await engine.store(prompt, { lora: "sql", loraId: 1 });
    await holds(gateway, prompt, { "m/1": 4 }, { lora: "sql" });
    expect(await gateway.query(prompt)).toEqual({});
    engine.adapters.set("sql", "./v2");
    await holds(gateway, prompt, {}, { lora: "sql" });
    expect(await gateway.metric("kvproof_gateway_adapter_drops_total")).toBe(1);
  });

  it("keeps what a reloaded adapter stored before the reload was noticed", async () => {
    const engine = await anEngine("m/1");
    engine.adapters.set("sql", "./v1");
    const gateway = await (await aGateway()).with(engine);
    await gateway.until("the adapter to be known", async () => (await gateway.workers())[0]?.adapters.sql === "./v1");
    const [old, fresh] = [promptOf(4, 1), promptOf(4, 2)];
    await engine.store(old, { lora: "sql", loraId: 1 });
    await holds(gateway, old, { "m/1": 4 }, { lora: "sql" });
    // A look between the events of the two lives, so that the first one's id is known.
    const looks = await gateway.metric('kvproof_gateway_health_checks_total{result="ok"}');
    await gateway.until(
      "another look",
      async () => (await gateway.metric('kvproof_gateway_health_checks_total{result="ok"}')) > looks + 2,
    );
    await engine.store(fresh, { lora: "sql", loraId: 2 });
    engine.adapters.set("sql", "./v2");
    await gateway.until(
      "the reload to be noticed",
      async () => (await gateway.metric("kvproof_gateway_adapter_drops_total")) === 1,
    );
    expect(await gateway.query(fresh, { lora: "sql" })).toEqual({ "m/1": 4 });
    expect(await gateway.query(old, { lora: "sql" })).toEqual({});
  });

  it("keeps what a reloaded adapter stored when it had not been used before the reload", async () => {
    const engine = await anEngine("m/1");
    engine.adapters.set("sql", "./v1");
    const gateway = await (await aGateway()).with(engine);
    await gateway.until("the adapter to be known", async () => (await gateway.workers())[0]?.adapters.sql === "./v1");
    engine.adapters.set("sql", "./v2");
    await engine.store(promptOf(4), { lora: "sql", loraId: 2 });
    await gateway.until("the reload to be noticed", async () => (await gateway.workers())[0]?.adapters.sql === "./v2");
    await holds(gateway, promptOf(4), { "m/1": 4 }, { lora: "sql" });
  });
});

describe("engines that leave", () => {
  it("are forgotten at once and altogether, whatever they still send", async () => {
    const [a, b] = [await anEngine("m/1"), await anEngine("m/2")];
    const gateway = await (await aGateway()).with(a, b);
    const prompt = promptOf(6);
    await a.store(prompt);
    await b.store(prompt);
    await holds(gateway, prompt, { "m/1": 6, "m/2": 6 });
    await gateway.post("/unregister", { engine: "m/1" });
    expect(await gateway.query(prompt)).toEqual({ "m/2": 6 });
    await a.store(promptOf(9, 3));
    await gateway.post("/unregister", { engine: "m/2" });
    expect(await gateway.query(prompt)).toEqual({});
    expect(await dump(gateway)).toMatchObject({ engines: {}, total_blocks: 0, side_entries: 0 });
    // Known again, it is caught up with by replay.
    await gateway.with(a);
    await holds(gateway, promptOf(9, 3), { "m/1": 9 });
  });

  it("give their memory back although no batch comes any more", async () => {
    const engine = await anEngine("m/1");
    const gateway = await (await aGateway()).with(engine);
    await engine.store(promptOf(3000));
    await holds(gateway, promptOf(3000), { "m/1": 3000 });
    await gateway.post("/unregister", { engine: "m/1" });
    expect(await dump(gateway)).toMatchObject({ engines: {}, total_blocks: 0 });
    await gateway.until("the tables to be swept", async () => (await dump(gateway)).side_entries === 0);
  });

  it("take their entries along when the same name comes back at another place", async () => {
    const [old, successor] = [await anEngine("m/1"), await anEngine("m/1")];
    const gateway = await (await aGateway()).with(old);
    await old.store(promptOf(5, 1));
    await holds(gateway, promptOf(5, 1), { "m/1": 5 });
    await gateway.post("/register", successor.registration("2"));
    expect(await gateway.query(promptOf(5, 1))).toEqual({});
    await successor.store(promptOf(3, 2));
    await holds(gateway, promptOf(3, 2), { "m/1": 3 });
    expect(await gateway.query(promptOf(5, 1))).toEqual({});
  });

  it("come back empty when they restart in place: nothing of the old life is claimed once the new one serves", async () => {
    const engine = await anEngine("m/1");
    const gateway = await (await aGateway()).with(engine);
    await engine.store(promptOf(6));
    await holds(gateway, promptOf(6), { "m/1": 6 });
    await engine.restartInPlace();
    const answers: string[] = [];
    await gateway.until("the new life to be followed", async () => {
      answers.push(JSON.stringify(await gateway.query(promptOf(6))));
      const [worker] = await gateway.workers();
      return (
        worker?.healthy && worker.ranks[0]?.connected && worker.ranks[0].state === "live" && answers.at(-1) === "{}"
      );
    });
    // Once gone, never back.
    expect(answers.slice(answers.indexOf("{}"))).toEqual(answers.slice(answers.indexOf("{}")).map(() => "{}"));
    await engine.store(promptOf(2, 5));
    await holds(gateway, promptOf(2, 5), { "m/1": 2 });
  });

  it("are not believed when only their HTTP is dead: an orphaned engine core still publishes but serves nobody", async () => {
    const [a, b] = [await anEngine("m/1"), await anEngine("m/2")];
    const gateway = await (await aGateway()).with(a, b);
    await a.store(promptOf(6));
    await holds(gateway, promptOf(6), { "m/1": 6 });
    await a.kill(false);
    await holds(gateway, promptOf(6), {});
    expect((await gateway.complete(promptOf(6))).headers.get("x-kvproof-engine")).toBe("m/2");
    const [worker] = await gateway.workers();
    expect(worker).toMatchObject({ engine: "m/1", healthy: false, ranks: [{ connected: true }] });
  });
});

describe("limits and modes", () => {
  it("never hold more than the cap; what is left out makes answers shorter, not wrong", async () => {
    const engine = await anEngine("m/1");
    const gateway = await (await aGateway({ maxBlocks: 50 })).with(engine);
    for (let seed = 1; seed <= 10; seed++) await engine.store(promptOf(10, seed));
    await gateway.until(
      "all batches to be applied",
      async () =>
        (await gateway.metric('kvproof_gateway_batches_total{engine="m/1",rank="0",result="applied"}')) === 10,
    );
    const { total_blocks, cap_blocks } = await dump(gateway);
    expect(cap_blocks).toBe(50);
    expect(total_blocks).toBeLessThanOrEqual(50);
    expect(await gateway.metric("kvproof_gateway_index_evictions_total")).toBeGreaterThanOrEqual(50);
    for (let seed = 1; seed <= 10; seed++)
      expect((await gateway.query(promptOf(10, seed)))["m/1"] ?? 0).toBeLessThanOrEqual(10);
  });

  it("count a batch that cannot be decoded, and go on with the next", async () => {
    const engine = await anEngine("m/1");
    const gateway = await (await aGateway()).with(engine);
    await engine.publishBytes(0, Buffer.from([0xc1, 0xff]));
    await engine.store(promptOf(2));
    await gateway.until("the good one to be applied", async () => (await gateway.query(promptOf(2)))["m/1"] === 2);
    const rejected = 'kvproof_gateway_batches_total{engine="m/1",rank="0",result="rejected"}';
    expect(await gateway.metric(rejected)).toBeGreaterThanOrEqual(1);
  });

  it("with events off, engines are served by load and nothing is claimed of them", async () => {
    const [a, b] = [await anEngine("m/1"), await anEngine("m/2")];
    const gateway = await (await aGateway({ events: false })).with(a, b);
    await a.store(promptOf(6));
    const engines = new Set<string | null>();
    for (let i = 0; i < 4; i++) engines.add((await gateway.complete(promptOf(6))).headers.get("x-kvproof-engine"));
    expect(engines).toEqual(new Set(["m/1", "m/2"]));
    expect(await gateway.query(promptOf(6))).toEqual({});
    expect((await gateway.workers()).map(({ ranks }) => ranks)).toEqual([[], []]);
  });
});

describe("the static configuration", () => {
  it("finds engines by asking them, and is ready once they are caught up", async () => {
    const [described, discovered] = [await anEngine("m/1"), (await anEngine("ignored")).describeItself()];
    for (const engine of [described, discovered]) await engine.store(promptOf(7));
    const folder = mkdtempSync(join(tmpdir(), "kvproof-gateway-"));
    started.push({ stop: async () => rmSync(folder, { recursive: true }) });
    const config = join(folder, "gateway.yaml");
    // JSON is YAML.
    writeFileSync(config, JSON.stringify({ engines: [described.registration(), { http: discovered.http }] }));
    const gateway = await aGateway({ config });
    await gateway.until("it to be ready", async () => (await fetch(`${gateway.url}/ready`)).status === 200);
    expect(await gateway.query(promptOf(7))).toEqual({ "m/1": 7, [`m/127.0.0.1:${discovered.port}`]: 7 });
  });

  it("lets nobody wait for ever for an engine that is not there", async () => {
    const engine = await anEngine("m/1");
    const registration = engine.registration();
    await engine.kill();
    const folder = mkdtempSync(join(tmpdir(), "kvproof-gateway-"));
    started.push({ stop: async () => rmSync(folder, { recursive: true }) });
    writeFileSync(join(folder, "gateway.yaml"), JSON.stringify({ engines: [registration] }));
    const gateway = await aGateway({ config: join(folder, "gateway.yaml"), readyTimeoutMs: 300 });
    const first = await fetch(`${gateway.url}/ready`);
    expect([first.status, await first.json()]).toEqual([503, { ready: false, waiting_for: ["m/1"] }]);
    await gateway.until("it to give up waiting", async () => (await fetch(`${gateway.url}/ready`)).status === 200);
  });
});
