/** The engine's event stream as a consumer with libzmq sees it. */
import { Dealer, Request } from "zeromq";
import { describe, expect, it, onTestFinished } from "vitest";
import { waitFor } from "../../src/base/async.js";
import { buildReplayRequest, parseReplayReply } from "../../src/protocol/frames.js";
import type { KvEventBatch } from "../../src/protocol/kv-event.js";
import { anEngine, EngineProcess, EventLog, events, readLedger, replay, tokens } from "./engine-process.js";

describe("live events", () => {
  it("are 3 frames, numbered without holes, and decode to what was cached", async () => {
    const engine = await anEngine("--kv-events-config", events({ topic: "kv@pod@tiny" }));
    const log = await EventLog.live(engine);
    const { seq, stored } = await engine.store(tokens(48), tokens(32, 1));
    const message = await log.until(seq as number);
    expect(message).toMatchObject({ frames: 3, topic: "kv@pod@tiny" });
    expect(stored).toBe(5);
    expect(message.batch()).toMatchObject({
      rank: 0,
      events: [
        { type: "stored", tokenIds: tokens(48), blockSize: 16, parent: null, medium: "GPU" },
        { type: "stored", tokenIds: tokens(32, 1) },
      ],
    });
    await engine.complete(tokens(40, 2), { max_tokens: 30 });
    await waitFor(() => log.seqs.length >= engine.ledger().length - (log.seqs[0] as number), {
      describe: "all batches",
      timeoutMs: 5000,
    });
    expect(log.seqs).toEqual(log.seqs.map((_, i) => (log.seqs[0] as number) + i));
  });

  it("reach subscribers that bind when the engine was told to connect, as vLLM does without a wildcard", async () => {
    const probe = await anEngine();
    probe.process.child.kill("SIGKILL");
    await probe.process.ended;
    const endpoint = probe.events;
    const engine = await anEngine("--kv-events-config", events({ endpoint }));
    expect(engine.events).toBe(endpoint);
    await engine.store(tokens(16));
    const log = await EventLog.attach(endpoint, { bind: true });
    let salt = 1;
    await waitFor(async () => (await engine.store(tokens(16, salt++))) && log.received.length > 0, {
      describe: "an event",
      timeoutMs: 5000,
    });
    expect(log.seqs[0]).toBeGreaterThan(0);
  });

  it("name the session, and state cached blocks again for a request that reports in full", async () => {
    const engine = await anEngine("--kv-events-config", events());
    const log = await EventLog.live(engine);
    const last = async (): Promise<KvEventBatch> => (await log.until(engine.ledger().at(-1)?.seq as number)).batch();
    await engine.complete(tokens(20), {}, { "x-session-id": "s1" });
    expect((await last()).events).toMatchObject([{ type: "stored", sessionId: "s1" }]);
    await engine.complete(tokens(20, 1), { session_id: "s2" });
    expect((await last()).events).toMatchObject([{ type: "stored", sessionId: "s2" }]);
    const stated = (await last()).events[0];
    expect(await engine.complete(tokens(20, 1), { vllm_xargs: { kv_cache_report_mode: "full" } })).toBe(16);
    const again = (await last()).events[0];
    expect(stated?.type === "stored" && again?.type === "stored" && again.blockHashes).toEqual(
      stated?.type === "stored" && stated.blockHashes,
    );
  });

  it("have their own numbers, sockets and caches per data-parallel rank", async () => {
    const engine = await anEngine("--data-parallel-size", "2", "--kv-events-config", events());
    expect(new Set(engine.info.ranks.flatMap((rank) => [rank.events, rank.replay])).size).toBe(4);
    const log = await EventLog.live(engine, 1);
    const prompt = tokens(33);
    await engine.complete(prompt, {}, { "x-data-parallel-rank": "1" });
    expect(await engine.complete(prompt, {}, { "x-data-parallel-rank": "1" })).toBe(32);
    expect(await engine.complete(prompt, {}, { "x-data-parallel-rank": "0" })).toBe(0);
    const last = engine
      .ledger()
      .filter(({ rank }) => rank === 1)
      .at(-1);
    expect((await log.until(last?.seq as number)).batch().rank).toBe(1);
    expect((await engine.call("POST", "/v1/completions", { prompt }, { "x-data-parallel-rank": "2" })).status).toBe(
      400,
    );
  });

  it("were lost by who came late, and replay returns them", async () => {
    const engine = await anEngine("--publish-at-start", "5", "--kv-events-config", events());
    const { published } = await engine.labJson<{ published: { rank: number; tokens: number[] }[] }>(
      "GET",
      "/lab/published",
    );
    expect(published).toHaveLength(5);
    const log = await EventLog.live(engine);
    expect(log.seqs[0]).toBeGreaterThanOrEqual(5);
    const replies = await replay(engine.replay, buildReplayRequest(0));
    const batches = replies.map(parseReplayReply);
    expect(batches.slice(0, 5).map((reply) => reply.kind === "batch" && reply.seq)).toEqual([0, 1, 2, 3, 4]);
    expect(batches.at(-1)).toEqual({ kind: "end" });
    const first = log.received[0] as { seq: number; payload: Uint8Array };
    const again = batches.find((reply) => reply.kind === "batch" && reply.seq === first.seq);
    expect(again?.kind === "batch" && Buffer.from(again.payload)).toEqual(Buffer.from(first.payload));
    for (const { tokens: prompt } of published) expect(await engine.complete([...prompt, 50])).toBe(prompt.length);
  });
});

describe.each([
  ["vllm-0.22", 3],
  ["vllm-0.30", 4],
])("replay of %s", (dialect, frameCount) => {
  it("answers in the frames of its era and ignores what is no request", async () => {
    const engine = await anEngine(
      "--dialect",
      dialect,
      "--publish-at-start",
      "3",
      "--kv-events-config",
      events({ topic: "t" }),
    );
    const endpoint = engine.replay;
    const malformed = [[Buffer.alloc(8)], [Buffer.alloc(0), Buffer.alloc(8), Buffer.alloc(0)]];
    for (const request of malformed) expect(await replay(endpoint, request, 150)).toEqual([]);
    expect(engine.process.stderr.match(/Invalid replay request/g)).toHaveLength(2);
    const whole = await replay(endpoint, buildReplayRequest(0));
    expect(whole.map((frames) => frames.length)).toEqual([frameCount, frameCount, frameCount, frameCount]);
    expect(whole[0]?.[1]?.toString()).toBe(frameCount === 4 ? "t" : "\0\0\0\0\0\0\0\0");
    expect(
      (await replay(endpoint, [Buffer.alloc(0), Buffer.of(2)])).map((frames) => parseReplayReply(frames)),
    ).toMatchObject([{ kind: "batch", seq: 2 }, { kind: "end" }]);
    expect(await replay(endpoint, buildReplayRequest(99))).toHaveLength(1);
  });
});

describe("replay", () => {
  it("gives a REQ socket exactly one batch, which is why REQ clients never recover", async () => {
    const engine = await anEngine("--publish-at-start", "3", "--kv-events-config", events());
    const req = new Request({ linger: 0, receiveTimeout: 3000 });
    onTestFinished(() => req.close());
    req.connect(engine.replay);
    await req.send(Buffer.alloc(8));
    expect(parseReplayReply([Buffer.alloc(0), ...(await req.receive())])).toMatchObject({ kind: "batch", seq: 0 });
    await expect(req.receive()).rejects.toThrow(/current state/);
  });

  it("starts at the oldest batch that the buffer still has", async () => {
    const engine = await anEngine("--publish-at-start", "9", "--kv-events-config", events({ buffer_steps: 4 }));
    const replies = (await replay(engine.replay, buildReplayRequest(0))).map(parseReplayReply);
    expect(replies.map((reply) => (reply.kind === "batch" ? reply.seq : "end"))).toEqual([5, 6, 7, 8, "end"]);
  });

  it("loses replies of a client that does not read, silently, as libzmq's ROUTER does", async () => {
    const engine = await anEngine("--block-size", "64", "--kv-events-config", events());
    await engine.labJson("POST", "/lab/load", { batches_per_s: 1e6, blocks_per_batch: 10, max_batches: 4000 });
    await waitFor(async () => !(await engine.labJson<{ running: boolean }>("GET", "/lab/load")).running, {
      describe: "the load to end",
      timeoutMs: 15_000,
    });
    const endpoint = engine.replay;
    const dealer = new Dealer({ linger: 0, receiveHighWaterMark: 1, receiveBufferSize: 1024, receiveTimeout: 500 });
    onTestFinished(() => dealer.close());
    dealer.connect(endpoint);
    await dealer.send(buildReplayRequest(0));
    // Requests are served one after the other: once others were answered, this one is over.
    for (let i = 0; i < 3; i++) expect(await replay(endpoint, buildReplayRequest(4000))).toHaveLength(1);
    expect(await drain(dealer)).toBeLessThan(4000);
  });
});

/** Messages that are there to be read. */
async function drain(dealer: Dealer): Promise<number> {
  for (let received = 0; ; received++) {
    try {
      await dealer.receive();
    } catch {
      return received;
    }
  }
}

describe("a killed engine", () => {
  it("has on file whatever anybody received: truth precedes bytes", async () => {
    const engine = await anEngine("--kv-events-config", events());
    const log = await EventLog.live(engine);
    await engine.labJson("POST", "/lab/load", { batches_per_s: 1e6, blocks_per_batch: 2 });
    await waitFor(() => log.received.length > 2000, { describe: "2000 batches", timeoutMs: 10_000 });
    engine.process.child.kill("SIGKILL");
    await engine.process.ended;
    const drained = log.received.length;
    await waitFor(() => log.received.length >= drained, { describe: "the socket to drain", timeoutMs: 1000 });
    const ledger = new Map(engine.ledger().map((record) => [record.seq, record]));
    for (const message of log.received) {
      const stored = message.batch().events.flatMap((event) => (event.type === "stored" ? event.blockHashes : []));
      const known = ledger.get(message.seq)?.changes.flatMap((change) => (change.op === "store" ? change.blocks : []));
      expect(known?.map(([, hash]) => BigInt(`0x${hash}`))).toEqual(stored);
    }
  });

  it("starts again at sequence 0 on the same ports, and a subscriber that stayed sees it", async () => {
    const first = await anEngine("--publish-at-start", "500", "--kv-events-config", events());
    const { events: endpoint, replay: replayEndpoint } = first;
    const log = await EventLog.live(first);
    await log.until((await first.store(tokens(16))).seq as number);
    first.process.child.kill("SIGKILL");
    await first.process.ended;
    const config = events({ endpoint, replay_endpoint: replayEndpoint, bind: true });
    const flags = [
      "--model",
      "tiny",
      "--epoch",
      "2",
      "--port",
      new URL(first.info.http).port,
      "--kv-events-config",
      config,
    ];
    const second = await new EngineProcess(flags, { ledgerPath: first.process.ledgerPath }).ready();
    expect(second.info).toMatchObject({ http: first.info.http, ranks: first.info.ranks, epoch: 2 });
    let salt = 1;
    const fellBack = (): boolean => log.seqs.some((seq, i) => seq < (log.seqs[i - 1] ?? 0));
    await waitFor(async () => (await second.store(tokens(16, salt++))) && fellBack(), {
      describe: "an event of the second life",
      timeoutMs: 8000,
    });
    expect(new Set(readLedger(first.process.ledgerPath).map(({ epoch }) => epoch))).toEqual(new Set([1, 2]));
  });
});
