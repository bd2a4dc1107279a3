/** The indexer API's manners: who may call it, what it refuses, what it says. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, onTestFinished } from "vitest";
import type { GatewayOptions } from "../../src/gateway/options.js";
import { JsonClient } from "../../src/lab/sut/json-client.js";
import { StubEngine, TestGateway } from "./gateway-stub.js";

const started: { stop(): Promise<unknown> }[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((part) => part.stop().catch(() => undefined)));
});

async function aGateway(options: Partial<GatewayOptions> = {}): Promise<TestGateway> {
  const gateway = await TestGateway.start(options);
  started.push({ stop: () => gateway.gateway.stop(0) });
  return gateway;
}
async function anEngine(name: string): Promise<StubEngine> {
  const engine = await StubEngine.start(name, { ranks: 0 });
  started.push({ stop: () => engine.kill() });
  return engine;
}
const refusal = async (response: Response): Promise<unknown> => {
  const { error } = (await response.json()) as { error: { code: string; message: string } };
  return { status: response.status, code: error.code, message: error.message };
};

describe("the admin token", () => {
  it("keeps strangers from changing the fleet, and from nothing else", async () => {
    const gateway = await aGateway({ adminToken: "secret" });
    const engine = await anEngine("m/1");
    const register = (authorization?: string): Promise<Response> =>
      gateway.post("/register", engine.registration(), authorization ? { headers: { authorization } } : {});
    for (const wrong of [undefined, "Bearer wrong", "secret", "Bearer secret2"]) {
      expect(await refusal(await register(wrong))).toMatchObject({ status: 401, code: "KVP_E_UNAUTHORIZED" });
    }
    expect(await gateway.workers()).toEqual([]);
    expect((await register("Bearer secret")).status).toBe(200);
    expect((await gateway.post("/unregister", { engine: "m/1" })).status).toBe(401);
    expect(await gateway.workers()).toHaveLength(1);
    expect(await gateway.query([1])).toEqual({});
  });
});

describe("the gateway's profile of itself", () => {
  const authorization = "Bearer secret";
  it("is for whoever has the token, and nobody where none is set", async () => {
    const open = await aGateway();
    expect((await open.post("/profile", { action: "stop" })).status).toBe(404);
    const guarded = await aGateway({ adminToken: "secret" });
    const start = { action: "start", kinds: ["cpu"] };
    expect((await guarded.post("/profile", start)).status).toBe(401);
    expect((await fetch(`${guarded.url}/heap-snapshot`)).status).toBe(401);
    expect((await guarded.post("/profile", start, { headers: { authorization } })).status).toBe(200);
    const stopped = await guarded.post("/profile", { action: "stop" }, { headers: { authorization } });
    expect(await stopped.json()).toMatchObject({ cpu: { nodes: expect.any(Array) as unknown }, heap: null });
  });
  it("includes everything on its heap, as a file that tools open", async () => {
    const gateway = await aGateway({ adminToken: "secret" });
    const folder = mkdtempSync(join(tmpdir(), "kvproof-heap-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const client = new JsonClient(gateway.url, "secret");
    await client.download("/heap-snapshot", join(folder, "gateway.heapsnapshot"));
    await client.close();
    const head = readFileSync(join(folder, "gateway.heapsnapshot"), "utf8").slice(0, 200);
    expect(head).toMatch(/^\{"snapshot":\{"meta":/);
  });
});

describe("wrong calls", () => {
  const good = { engine: "m/1", model: "m", block_size: 4, http: "http://127.0.0.1:1", ranks: [] };
  it.each([
    [{ ...good, engine: "" }, "engine"],
    [{ ...good, block_size: 0 }, "block_size"],
    [{ ...good, http: "ftp://x" }, "http://host:port"],
    [{ ...good, http: "http://user:pw@127.0.0.1:1" }, "http://host:port"],
    [{ ...good, ranks: [{ rank: 0, events: "tcp://*:5557" }] }, "ranks.0.events"],
    [{ ...good, ranks: [{ rank: 0, events: "tcp://127.0.0.1:0" }] }, "ranks.0.events"],
    [
      {
        ...good,
        ranks: [
          { rank: 0, events: "tcp://h:1" },
          { rank: 0, events: "tcp://h:2" },
        ],
      },
      "differ",
    ],
    [{ ...good, modle: "m" }, "modle"],
    [{ ...good, engine: "x".repeat(600) }, "engine"],
    [[], "object"],
  ])("to /register are refused with the field's name: %j", async (body, hint) => {
    const gateway = await aGateway();
    const answer = await refusal(await gateway.post("/register", body));
    expect(answer).toMatchObject({ status: 400, code: "KVP_E_BAD_REQUEST", message: expect.stringContaining(hint) });
    expect(await gateway.workers()).toEqual([]);
  });

  it.each([
    [{ tokens: [1] }, "model"],
    [{ model: "m" }, "tokens"],
    [{ model: "m", tokens: [-1] }, "tokens"],
    [{ model: "m", tokens: [1.5] }, "tokens"],
    [{ model: "m", tokens: ["1"] }, "tokens"],
    [{ model: "m", tokens: [2 ** 32] }, "tokens"],
    [{ model: "m", tokens: [1], lora: 3 }, "lora"],
    [{ model: "m", tokens: [1], salt: "" }, "salt"],
    [{ model: "m", tokens: [1], token: 1 }, "token"],
    [{ model: "m", tokens: Array.from({ length: 2 ** 20 + 1 }, () => 1) }, "1048576"],
    ["x", "object"],
  ])("to /query are refused with the field's name: %.40j", async (body, hint) => {
    const gateway = await aGateway();
    const answer = await refusal(await gateway.post("/query", body));
    expect(answer).toMatchObject({ status: 400, code: "KVP_E_BAD_REQUEST", message: expect.stringContaining(hint) });
  });

  it("to /route are refused: loads that are no numbers, models and adapters that nobody serves", async () => {
    const gateway = await (await aGateway()).with(await anEngine("m/1"));
    const route = (fields: object): Promise<Response> =>
      gateway.post("/route", { model: "m", lora: null, salt: null, tokens: [1], ...fields });
    expect(await refusal(await route({ loads: { "m/1": -1 } }))).toMatchObject({ status: 400 });
    expect(await refusal(await route({ loads: [1] }))).toMatchObject({ status: 400 });
    expect(await refusal(await route({ model: "other" }))).toMatchObject({ status: 404, code: "KVP_E_NOT_FOUND" });
    expect(await refusal(await route({ lora: "sql" }))).toMatchObject({ status: 404, code: "KVP_E_NOT_FOUND" });
  });

  it("to routes that do not exist, by methods they do not know, or too large, are refused", async () => {
    const gateway = await aGateway();
    expect(await refusal(await fetch(`${gateway.url}/nope`))).toMatchObject({ status: 404, code: "KVP_E_NOT_FOUND" });
    const wrongMethod = await fetch(`${gateway.url}/query`);
    expect(wrongMethod.headers.get("allow")).toBe("POST");
    expect(await refusal(wrongMethod)).toMatchObject({ status: 405 });
    expect(await refusal(await gateway.post("/register", { engine: "x".repeat(300_000) }))).toMatchObject({
      status: 413,
      code: "KVP_E_BODY_TOO_LARGE",
    });
  });
});

describe("registration", () => {
  it("is idempotent, and unregistering an unknown engine is no error", async () => {
    const gateway = await aGateway();
    const engine = await anEngine("m/1");
    for (let i = 0; i < 2; i++)
      expect(await (await gateway.post("/register", engine.registration())).json()).toEqual({});
    expect(await gateway.workers()).toHaveLength(1);
    for (let i = 0; i < 2; i++) expect(await (await gateway.post("/unregister", { engine: "m/1" })).json()).toEqual({});
    expect(await gateway.workers()).toEqual([]);
  });

  it("is fenced by uid: a late farewell to an old life does not remove the new one", async () => {
    const gateway = await aGateway();
    const engine = await anEngine("m/1");
    await gateway.post("/register", engine.registration("pod-1"));
    await gateway.post("/register", engine.registration("pod-2"));
    await gateway.post("/unregister", { engine: "m/1", uid: "pod-1" });
    expect(await gateway.workers()).toMatchObject([{ engine: "m/1", uid: "pod-2" }]);
    await gateway.post("/unregister", { engine: "m/1", uid: "pod-2" });
    expect(await gateway.workers()).toEqual([]);
  });

  it("gives an address to its newest engine: a pod that inherits an address inherits no ghost", async () => {
    const gateway = await aGateway();
    const engine = await anEngine("m/old");
    await gateway.post("/register", engine.registration());
    await gateway.post("/register", { ...engine.registration(), engine: "m/new" });
    expect((await gateway.workers()).map((worker) => worker.engine)).toEqual(["m/new"]);
  });
});

describe("/route", () => {
  it("explains a decision without sending anything, with given loads or its own", async () => {
    const [a, b] = [await anEngine("m/1"), await anEngine("m/2")];
    const gateway = await (await aGateway()).with(a, b);
    const route = async (loads: object): Promise<unknown> =>
      (await gateway.post("/route", { model: "m", lora: null, salt: null, tokens: [1, 2], ...loads })).json();
    expect(await route({ loads: { "m/1": 3 } })).toEqual({
      engine: "m/2",
      matched_blocks: 0,
      candidates: [
        { engine: "m/2", blocks: 0, load: 0, credit: 1, score: 0 },
        { engine: "m/1", blocks: 0, load: 3, credit: 1, score: -3 },
      ],
      reason: expect.stringMatching(/^least-load: /),
    });
    expect(await route({})).toEqual(await route({}));
    expect(a.received.length + b.received.length).toBe(0);
  });

  it("never chooses an engine whose port is dead, whatever its event stream does", async () => {
    const [a, b] = [await anEngine("m/1"), await anEngine("m/2")];
    const gateway = await (await aGateway()).with(a, b);
    await a.kill();
    await gateway.until("m/1 to be seen dead", async () =>
      (await gateway.workers()).some(({ health }) => health === "down"),
    );
    const { candidates } = (await (await gateway.post("/route", { model: "m", tokens: [1] })).json()) as {
      candidates: unknown[];
    };
    expect(candidates).toHaveLength(1);
  });
});
