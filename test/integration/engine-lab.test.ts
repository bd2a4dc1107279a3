/** The lab port: what it steers, and that the ledger stays the truth while the wire is made to lie. */
import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { waitFor } from "../../src/base/async.js";
import { ProtocolError } from "../../src/base/errors.js";
import { identityChain } from "../../src/base/block-identity.js";
import type { LedgerRecord } from "../../src/base/ledger.js";
import { quirkKinds } from "../../src/engine/publisher/quirks.js";
import { buildReplayRequest, parseReplayReply } from "../../src/protocol/frames.js";
import { aSharedEngine, anEngine, type EngineUnderTest, EventLog, events, replay, tokens } from "./engine-process.js";

/** An engine with a subscriber that missed nothing since now, and everything it publishes from now on. */
async function watched(...flags: string[]): Promise<{ engine: EngineUnderTest; log: EventLog }> {
  const engine = await anEngine("--kv-events-config", events(), ...flags);
  return { engine, log: await EventLog.live(engine) };
}

function recordOf(engine: EngineUnderTest, seq: number | null): LedgerRecord | undefined {
  return engine.ledger().find((record) => record.seq === seq);
}

/** Types of the events in a batch, as far as they can be read. */
function types(message: { batch(): { events: readonly { type: string }[] } }): string[] {
  return message.batch().events.map(({ type }) => type);
}

describe("the report of an engine", () => {
  it("tells how long it waited for a CPU: without it a starved machine looks like a slow one", async () => {
    const { engine } = await watched();
    const { process: usage } = await engine.labJson<{ process: { cpu_wait_seconds: number | null } }>("GET", "/lab");
    expect(typeof usage.cpu_wait_seconds).toBe(existsSync("/proc/self/schedstat") ? "number" : "object");
  });
});

describe("memory on purpose", () => {
  it("is held to the megabyte and given back, and the engine serves meanwhile", async () => {
    const { engine } = await watched();
    expect(await engine.labJson("POST", "/lab/memory", { megabytes: 48 })).toEqual({ memory_megabytes: 48 });
    expect(await engine.labJson("GET", "/lab")).toMatchObject({ memory_megabytes: 48, ledger: { refused_writes: 0 } });
    expect(await engine.complete([...tokens(32), 1])).toBe(0);
    expect(await engine.labJson("POST", "/lab/memory", { megabytes: 0 })).toEqual({ memory_megabytes: 0 });
  });
});

describe("cache control", () => {
  it("stores and evicts by token lists, one batch per call, and the engine then hits or misses accordingly", async () => {
    const { engine, log } = await watched("--enable-lora", "--lora-modules", "sql=./sql");
    const prompt = tokens(64);
    const store = [{ tokens: prompt }, { tokens: prompt, salt: "s" }, { tokens: prompt, lora: "sql" }];
    const stored = await engine.labJson<{ seq: number; stored: number }>("POST", "/lab/cache", { store });
    expect(stored).toMatchObject({ stored: 12 });
    expect(types(await log.until(stored.seq))).toEqual(["stored", "stored", "stored"]);
    const lineages = [
      { model: "tiny", adapter: null, salt: null },
      { model: "tiny", adapter: null, salt: "s" },
      { model: "tiny", adapter: "sql@./sql", salt: null },
    ];
    const identities = recordOf(engine, stored.seq)?.changes.map((change) =>
      change.op === "store" ? change.blocks.map(([id]) => id) : [],
    );
    expect(identities).toEqual(lineages.map((lineage) => identityChain(lineage, prompt, 16)));
    const evicted = await engine.labJson<{ seq: number }>("POST", "/lab/cache", {
      evict: [{ tokens: prompt, from: 2 }],
    });
    expect(evicted).toMatchObject({ evicted: 2, stored: 0 });
    expect(types(await log.until(evicted.seq))).toEqual(["removed", "removed"]);
    expect(await engine.complete([...prompt, 1])).toBe(32);
    expect(await engine.complete([...prompt, 1], { cache_salt: "s" })).toBe(64);
    expect(await engine.complete([...prompt, 1], { model: "sql" })).toBe(64);
    expect(await engine.store(prompt)).toEqual({ seq: null, stored: 0, evicted: 0 });
  });

  it("makes load at the rate that was asked for", async () => {
    const { engine, log } = await watched();
    const before = engine.ledger().length;
    const started = performance.now();
    await engine.labJson("POST", "/lab/load", { batches_per_s: 500, blocks_per_batch: 2, max_batches: 250 });
    await waitFor(async () => !(await engine.labJson<{ running: boolean }>("GET", "/lab/load")).running, {
      describe: "the load to end",
      timeoutMs: 5000,
    });
    expect(performance.now() - started).toBeGreaterThan(450);
    expect(engine.ledger()).toHaveLength(before + 250);
    await log.until(before + 249);
    await engine.labJson("POST", "/lab/load", { batches_per_s: 1000 });
    const stopped = await engine.labJson<{ running: boolean; sent_batches: number }>("POST", "/lab/load", {
      stop: true,
    });
    expect(stopped.running).toBe(false);
    expect(engine.ledger()).toHaveLength(before + 250 + stopped.sent_batches);
  });

  it("makes load of prompts that take turns, every turn a change, and says how late it was", async () => {
    const { engine } = await watched("--num-gpu-blocks", "256");
    const before = engine.ledger().length;
    const load = { batches_per_s: 2000, blocks_per_batch: 8, prompts: 40, max_batches: 200 };
    await engine.labJson("POST", "/lab/load", load);
    await waitFor(async () => !(await engine.labJson<{ running: boolean }>("GET", "/lab/load")).running, {
      describe: "the load to end",
      timeoutMs: 5000,
    });
    const report = await engine.labJson<Record<string, number>>("GET", "/lab/load");
    expect(report).toMatchObject({ offered_batches: 200, sent_batches: 200, sent_blocks: 1600 });
    expect(report.lateness_max_ms).toBeGreaterThanOrEqual(report.lateness_p99_ms ?? Number.POSITIVE_INFINITY);
    expect(engine.ledger()).toHaveLength(before + 200);
    const stores = engine.ledger().flatMap(({ changes }) => changes.filter(({ op }) => op === "store"));
    expect(stores.length).toBeGreaterThanOrEqual(200);
    const few = await engine.lab("POST", "/lab/load", { ...load, prompts: 2 });
    expect([few.status, few.text]).toEqual([400, expect.stringContaining("all fit into")]);
  });

  it("shifts, freezes and heals the clock of the events, not of the ledger", async () => {
    const { engine, log } = await watched();
    const ts = async (salt: number): Promise<number> =>
      (await log.until((await engine.store(tokens(16, salt))).seq as number)).batch().ts;
    const now = Date.now() / 1000;
    await engine.labJson("POST", "/lab/clock", { offset_ms: -600_000 });
    expect(Math.abs((await ts(1)) - (now - 600))).toBeLessThan(30);
    await engine.labJson("POST", "/lab/clock", { freeze: true });
    expect(await ts(2)).toBe(await ts(3));
    await engine.labJson("POST", "/lab/clock", {});
    expect(Math.abs((await ts(4)) - now)).toBeLessThan(30);
    const stamps = engine.ledger().map(({ at_ns }) => at_ns);
    expect(stamps).toEqual(stamps.toSorted((a, b) => a - b));
  });

  it("streams the ledger from a byte offset", async () => {
    const engine = await anEngine("--publish-at-start", "3");
    const whole = await engine.lab("GET", "/ledger");
    expect(
      whole.text
        .trimEnd()
        .split("\n")
        .map((line) => (JSON.parse(line) as LedgerRecord).seq),
    ).toEqual([0, 1, 2]);
    const size = whole.headers.get("x-ledger-size") as string;
    await engine.store(tokens(16));
    const rest = await engine.lab("GET", `/ledger?from=${size}`);
    expect(JSON.parse(rest.text)).toMatchObject({ engine: "tiny/0", epoch: 1, rank: 0, seq: 3 });
    expect((await engine.lab("GET", `/ledger?from=${rest.headers.get("x-ledger-size")}`)).text).toBe("");
    expect((await engine.lab("GET", "/ledger?from=-1")).status).toBe(400);
  });

  it("streams the ledger to whoever follows it, to the engine's last record and in order to its end", async () => {
    const engine = await anEngine("--publish-at-start", "2");
    const following = engine.lab("GET", "/ledger?follow=1");
    await engine.store(tokens(16));
    await engine.store(tokens(32, 5));
    const whole = (await engine.lab("GET", "/ledger")).text;
    engine.process.child.kill("SIGTERM");
    expect((await following).text).toBe(whole);
  });
});

describe("quirks", () => {
  it("duplicate-store: the wire says a store twice, the ledger once", async () => {
    const { engine, log } = await watched();
    await engine.labJson("POST", "/lab/quirk", { kind: "duplicate-store" });
    const { seq } = await engine.store(tokens(16));
    expect(types(await log.until(seq as number))).toEqual(["stored", "stored"]);
    expect(recordOf(engine, seq)?.changes).toHaveLength(1);
  });

  it("missing-remove: the wire keeps quiet about an eviction that the ledger has", async () => {
    const { engine, log } = await watched();
    await engine.store(tokens(32));
    await engine.labJson("POST", "/lab/quirk", { kind: "missing-remove" });
    const { seq } = await engine.evict(tokens(32));
    expect(types(await log.until(seq as number))).toEqual([]);
    const blocks = recordOf(engine, seq)?.changes.flatMap((change) => (change.op === "remove" ? change.blocks : []));
    expect(blocks).toHaveLength(2);
    expect(await engine.complete(tokens(33))).toBe(0);
  });

  it("missing-store: the wire keeps quiet about blocks that the ledger has", async () => {
    const { engine, log } = await watched();
    await engine.labJson("POST", "/lab/quirk", { kind: "missing-store" });
    const { seq } = await engine.store(tokens(32));
    expect(types(await log.until(seq as number))).toEqual([]);
    expect(recordOf(engine, seq)).toMatchObject({ changes: [{ op: "store", wire: "unsaid" }] });
    expect(await engine.complete(tokens(33))).toBe(32);
  });

  it("sparse-store: the wire has more hashes than its tokens are enough for", async () => {
    const { engine, log } = await watched();
    await engine.labJson("POST", "/lab/quirk", { kind: "sparse-store" });
    const { seq } = await engine.store(tokens(32));
    const [event] = (await log.until(seq as number)).batch().events;
    expect(event).toMatchObject({ type: "stored", blockHashes: { length: 2 }, tokenIds: { length: 16 } });
    expect(recordOf(engine, seq)).toMatchObject({ changes: [{ op: "store", wire: "misplaced" }] });
  });

  it("burn-seq: a hole that no replay fills, marked burnt in the ledger", async () => {
    const { engine, log } = await watched();
    await engine.labJson("POST", "/lab/quirk", { kind: "burn-seq", count: 2 });
    const burnt = (await engine.store(tokens(16))).seq as number;
    await engine.store(tokens(16, 1));
    const { seq } = await engine.store(tokens(16, 2));
    await log.until(seq as number);
    expect(seq).toBe(burnt + 2);
    expect(log.seqs).not.toContain(burnt);
    const replayed = (await replay(engine.replay, buildReplayRequest(burnt))).map(parseReplayReply);
    expect(replayed.map((reply) => (reply.kind === "batch" ? reply.seq : "end"))).toEqual([burnt + 2, "end"]);
    expect([burnt, burnt + 1, burnt + 2].map((n) => recordOf(engine, n)?.wire)).toEqual(["burnt", "burnt", undefined]);
  });

  it("garbled-batch: undecodable bytes, live and replayed, marked garbled in the ledger", async () => {
    const { engine, log } = await watched();
    await engine.labJson("POST", "/lab/quirk", { kind: "garbled-batch" });
    const seq = (await engine.store(tokens(16))).seq as number;
    const message = await log.until(seq);
    expect(() => message.batch()).toThrow(ProtocolError);
    const [reply] = (await replay(engine.replay, buildReplayRequest(seq))).map(parseReplayReply);
    expect(reply?.kind === "batch" && Buffer.from(reply.payload)).toEqual(Buffer.from(message.payload));
    expect(recordOf(engine, seq)).toMatchObject({ wire: "garbled", changes: [{ op: "store" }] });
  });

  it("wrong-parent: the wire names a parent that no ledger record knows", async () => {
    const { engine, log } = await watched();
    await engine.store(tokens(32));
    await engine.labJson("POST", "/lab/quirk", { kind: "wrong-parent" });
    const { seq } = await engine.store(tokens(64));
    const [event] = (await log.until(seq as number)).batch().events;
    const hashes = engine
      .ledger()
      .flatMap(({ changes }) =>
        changes.flatMap((change) => (change.op === "store" ? change.blocks.map(([, hash]) => hash) : [])),
      );
    expect(event?.type === "stored" && typeof event.parent).toBe("bigint");
    expect(event?.type === "stored" && hashes.includes((event.parent as bigint).toString(16).padStart(16, "0"))).toBe(
      false,
    );
  });

  it.each(["garbled-event", "unknown-event"])(
    "%s: one more event on the wire, nothing more in the ledger",
    async (kind) => {
      const { engine, log } = await watched();
      const plain = await log.until((await engine.store(tokens(16))).seq as number);
      await engine.labJson("POST", "/lab/quirk", { kind });
      const { seq } = await engine.store(tokens(16, 1));
      const odd = await log.until(seq as number);
      expect(odd.payload.length).toBeGreaterThan(plain.payload.length);
      expect(recordOf(engine, seq)?.changes).toHaveLength(1);
      expect(recordOf(engine, seq)?.wire).toBeUndefined();
    },
  );

  it("clear-on-idle: the cache is dropped and the clear leaves at once, without a request", async () => {
    const { engine, log } = await watched();
    const seq = (await engine.store(tokens(32))).seq as number;
    await engine.labJson("POST", "/lab/quirk", { kind: "clear-on-idle" });
    expect(types(await log.until(seq + 1))).toEqual(["cleared"]);
    expect(recordOf(engine, seq + 1)?.changes).toEqual([{ op: "clear" }]);
    expect(await engine.complete(tokens(33))).toBe(0);
    const report = await engine.labJson<{ ranks: { quirks: unknown }[] }>("GET", "/lab");
    expect(report.ranks[0]?.quirks).toEqual({ "clear-on-idle": { waiting: 0, applied: 1 } });
  });
});

describe("the lab port", () => {
  let engine: EngineUnderTest;
  beforeAll(async () => {
    engine = await aSharedEngine();
  });
  afterAll(() => engine.process.close());

  it("refuses calls without the lab's token", async () => {
    for (const path of ["/lab", "/ledger", "/nope"]) {
      const answer = await engine.lab("GET", path, undefined, "wrong");
      expect([path, answer.status]).toEqual([path, 401]);
      expect(JSON.parse(answer.text)).toMatchObject({ error: { code: "KVP_E_UNAUTHORIZED" } });
    }
    expect((await engine.call("GET", "/lab")).status).toBe(404);
  });

  it("lists its controls and quirks", async () => {
    const lab = await engine.labJson<{ controls: Record<string, string[]>; quirks: Record<string, string> }>(
      "GET",
      "/lab",
    );
    expect(Object.keys(lab.quirks)).toEqual(quirkKinds);
    expect(lab.controls["POST /lab/quirk"]).toEqual(["kind", "count", "rank"]);
  });

  it.each([
    ["/lab/nope", {}, 404, "KVP_E_UNKNOWN_CONTROL"],
    ["/lab/quirk", { kind: "typo" }, 404, "KVP_E_UNKNOWN_CONTROL"],
    ["/lab/quirk", { kind: "burn-seq", times: 1 }, 400, "KVP_E_BAD_REQUEST"],
    ["/lab/quirk", { kind: "burn-seq", rank: 1 }, 400, "KVP_E_BAD_REQUEST"],
    ["/lab/cache", { stroe: [] }, 400, "KVP_E_BAD_REQUEST"],
    ["/lab/cache", { store: [{ tokens: [1.5] }] }, 400, "KVP_E_BAD_REQUEST"],
    ["/lab/cache", { store: [{ tokens: [1], lora: "nope" }] }, 400, "KVP_E_BAD_REQUEST"],
    ["/lab/load", {}, 400, "KVP_E_BAD_REQUEST"],
    ["/lab/load", { stop: true, rank: 0 }, 400, "KVP_E_BAD_REQUEST"],
    ["/lab/clock", { offset: 1 }, 400, "KVP_E_BAD_REQUEST"],
    ["/lab/clock", "nonsense", 400, "KVP_E_BAD_REQUEST"],
  ])("refuses POST %s %j", async (path, body, status, code) => {
    const answer = await engine.lab("POST", path, body);
    expect([answer.status, (JSON.parse(answer.text) as { error: { code: string } }).error.code]).toEqual([
      status,
      code,
    ]);
  });
});
