import { afterEach, describe, expect, it } from "vitest";
import { Dealer, Subscriber } from "zeromq";
import { waitFor } from "../../base/async.js";
import { systemClock } from "../../base/clock.js";
import type { LedgerRecord } from "../../base/ledger.js";
import { silentLogger } from "../../base/log.js";
import { buildReplayRequest, parseEventMessage } from "../../protocol/frames.js";
import type { CacheActivity } from "../cache/engine-types.js";
import { openPublisher } from "./open-publisher.js";
import { parseKvEventsConfig } from "./publisher-config.js";
import type { ZmqPublisher } from "./zmq-publisher.js";

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const cleared: CacheActivity = { events: [{ type: "cleared" }], ledger: [{ op: "clear" }] };
/** No dialect can state a fraction. */
const unspeakable: CacheActivity = {
  events: [{ type: "removed", blockHashes: [1n], medium: "GPU", groupIdx: 0.5 }],
  ledger: [{ op: "remove", blocks: [["00", "01"]] }],
};

interface World {
  readonly publisher: ZmqPublisher;
  readonly records: LedgerRecord[];
  readonly replay: string;
  /** Sequence numbers that a subscriber saw, in order. */
  readonly seen: number[];
  diskFull: boolean;
}

async function aPublisher(config: Record<string, unknown> = {}): Promise<World> {
  const endpoint = "tcp://127.0.0.1:0";
  const records: LedgerRecord[] = [];
  const ledger = {
    append: (record: LedgerRecord): void => {
      if (world.diskFull) throw new Error("ENOSPC");
      records.push(record);
    },
    close: (): void => undefined,
  };
  const opened = await openPublisher({
    config: parseKvEventsConfig(
      JSON.stringify({
        enable_kv_cache_events: true,
        endpoint,
        replay_endpoint: endpoint,
        replay_poll_ms: 1,
        ...config,
      }),
    ),
    dialect: "vllm-0.30",
    engine: "m/1",
    epoch: 1,
    rank: 0,
    ledger,
    clock: systemClock,
    eventSeconds: () => 1.5,
    log: silentLogger,
  });
  const { publisher, replayEndpoint } = opened;
  const world: World = { publisher, records, replay: replayEndpoint as string, seen: [], diskFull: false };
  closers.push(() => publisher.close());
  const sub = new Subscriber({ linger: 0, receiveHighWaterMark: 0 });
  closers.push(() => sub.close());
  sub.connect(opened.endpoint);
  sub.subscribe("");
  const listen = async (): Promise<void> => {
    for await (const frames of sub) world.seen.push(parseEventMessage(frames).seq);
  };
  listen().catch((thrown: unknown) => {
    // A receive that libzmq's binding had put off meets the closed socket.
    if (!sub.closed) throw thrown;
  });
  await waitFor(() => (publisher.publish(cleared), world.seen.length > 0), {
    describe: "the subscription",
    timeoutMs: 5000,
  });
  return world;
}

describe("zmq publisher", () => {
  it("has its ledger record written when the sequence number is told, which is before a subscriber can react", async () => {
    const { publisher, records } = await aPublisher();
    const { length } = records;
    publisher.publish(cleared, (seq) => expect(records.at(-1)).toMatchObject({ seq, changes: [{ op: "clear" }] }));
    expect(records).toHaveLength(length + 1);
  });

  it("holds batches back while the ledger cannot be written, and loses none", async () => {
    const world = await aPublisher();
    const next = world.records.length;
    world.diskFull = true;
    for (let i = 0; i < 3; i++) world.publisher.publish(cleared);
    expect(world.records).toHaveLength(next);
    world.diskFull = false;
    await waitFor(() => world.seen.includes(next + 2), { describe: "the held batches", timeoutMs: 5000 });
    expect(world.seen.slice(-3)).toEqual([next, next + 1, next + 2]);
  });

  it("burns the number of a batch that the dialect cannot state, and backs off as vLLM does", async () => {
    const world = await aPublisher();
    const burnt = world.records.length;
    const began = performance.now();
    world.publisher.publish(unspeakable);
    world.publisher.publish(cleared);
    await waitFor(() => world.seen.includes(burnt + 1), { describe: "the next batch", timeoutMs: 5000 });
    expect(performance.now() - began).toBeGreaterThan(90);
    expect(world.seen).not.toContain(burnt);
    expect(world.records[burnt]).toMatchObject({ seq: burnt, wire: "burnt", changes: [{ op: "remove" }] });
  });

  it("holds live batches back while it answers a replay", async () => {
    const { publisher, replay } = await aPublisher({ buffer_steps: 30_000 });
    for (let i = 0; i < 30_000; i++) publisher.publish(cleared);
    const dealer = new Dealer({ linger: 0, receiveHighWaterMark: 0 });
    closers.push(() => dealer.close());
    dealer.connect(replay);
    await dealer.send(buildReplayRequest(0));
    await dealer.receive();
    let sent: number | null = null;
    publisher.publish(cleared, (seq) => (sent = seq));
    expect(sent).toBeNull();
    await waitFor(() => sent !== null, { describe: "the live batch after the replay", timeoutMs: 5000 });
  });

  it("makes the engine wait when its queue is full, and go on when there is room", async () => {
    const world = await aPublisher({ max_queue_size: 2 });
    expect(world.publisher.whenRoom()).toBeUndefined();
    world.diskFull = true;
    for (let i = 0; i < 3; i++) world.publisher.publish(cleared);
    const room = world.publisher.whenRoom();
    expect(room).toBeInstanceOf(Promise);
    world.diskFull = false;
    await room;
    expect(world.publisher.whenRoom()).toBeUndefined();
  });

  it("drains its queue for at most a second when it closes, and closes once", async () => {
    const world = await aPublisher();
    world.diskFull = true;
    world.publisher.publish(cleared);
    const began = performance.now();
    await Promise.all([world.publisher.close(), world.publisher.close()]);
    expect(performance.now() - began).toBeLessThan(1500);
  });
});
