/** Our ZMTP side against libzmq's: what a real publisher sends is what is applied. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { waitFor } from "../../src/base/async.js";
import { Rng } from "../../src/base/rng.js";
import type { FollowerOptions } from "../../src/gateway/stream-follower.js";
import { type Following, follow, type PublisherOptions, TestPublisher } from "./transport-publisher.js";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function aPublisher(options: PublisherOptions = {}): Promise<TestPublisher> {
  const publisher = await TestPublisher.start(options);
  cleanups.push(() => publisher.close());
  return publisher;
}

function aFollower(target: Parameters<typeof follow>[0], options: Partial<FollowerOptions> = {}): Following {
  const following = follow(target, options);
  cleanups.push(() => following.follower.stop());
  return following;
}

const until = (describe: string, condition: () => boolean | Promise<boolean>): Promise<boolean> =>
  waitFor(condition, { describe, timeoutMs: 10_000, intervalMs: 5 });

const text = (value: string): Buffer => Buffer.from(value);

function payloads(count: number, seed: number, maxBytes: number): Buffer[] {
  const rng = new Rng(seed);
  return Array.from({ length: count }, (_, i) => {
    const bytes = Buffer.alloc(rng.int(9, maxBytes), i & 255);
    bytes.writeDoubleBE(1e9 + i, 0);
    return bytes;
  });
}

describe("follower against libzmq", () => {
  it("applies thousands of batches in order, those before the subscription and those after it", async () => {
    const publisher = await aPublisher();
    const all = payloads(6000, 7, 1200);
    for (const payload of all.slice(0, 2000)) await publisher.publish(payload);
    const { follower, sink } = aFollower(publisher);
    for (const payload of all.slice(2000)) await publisher.publish(payload);
    await until(
      "all batches to be applied",
      () => sink.applied.length >= all.length && follower.status().state === "live",
    );
    expect(sink.applied.every((payload, i) => payload.equals(all[i] as Buffer))).toBe(true);
    expect(follower.status()).toMatchObject({
      state: "live",
      appliedBatches: all.length,
      purges: 0,
      credit: 1,
      heldBatches: 0,
    });
  });

  it.each([
    ["empty", 0],
    ["255 bytes, the last short frame", 255],
    ["256 bytes, the first long frame", 256],
    ["64 KiB", 65_536],
    ["5 MB", 5_000_000],
  ])("takes a payload that is %s", async (_, size) => {
    const publisher = await aPublisher();
    const { follower, sink } = aFollower(publisher);
    await until("the stream to be live", () => follower.status().state === "live");
    const payload = Buffer.alloc(size, 0x5a);
    await publisher.publish(payload);
    await publisher.publish(text("after"));
    await until("both batches", () => sink.applied.length === 2);
    expect(sink.applied[0]?.equals(payload)).toBe(true);
  });

  it("reads the replay answers of releases before 0.26, which lack the topic", async () => {
    const publisher = await aPublisher({ era: 3 });
    for (const payload of payloads(50, 3, 100)) await publisher.publish(payload);
    const { follower, sink } = aFollower(publisher);
    await until("the replayed batches", () => sink.applied.length === 50 && follower.status().state === "live");
    expect(follower.status()).toMatchObject({ state: "live", replayedBatches: 50 });
  });

  it("subscribes at an XPUB too", async () => {
    const publisher = await aPublisher({ socket: "XPUB" });
    const { follower, sink } = aFollower(publisher);
    await until("the stream to be live", () => follower.status().state === "live");
    await publisher.publish(text("one"));
    await until("the batch", () => sink.applied.length === 1);
    expect(follower.status()).toMatchObject({ appliedBatches: 1, replayedBatches: 0 });
  });

  it("follows an ipc endpoint", async () => {
    const folder = mkdtempSync(join(tmpdir(), "kvproof-"));
    cleanups.push(() => rmSync(folder, { recursive: true }));
    const publisher = await aPublisher({ events: `ipc://${folder}/events`, replay: `ipc://${folder}/replay` });
    const { follower, sink } = aFollower(publisher);
    await publisher.publish(text("one"));
    await until("the batch", () => sink.applied.length === 1);
    expect(follower.status()).toMatchObject({ connected: true, lastError: null });
  });

  it("passes over a topic that only begins like its own", async () => {
    const publisher = await aPublisher({ topic: "kv@10.0.0.1@m" });
    const { follower, sink } = aFollower({
      events: publisher.events,
      replay: publisher.replay,
      topic: "kv@10.0.0.1@m",
    });
    await until("the stream to be live", () => follower.status().state === "live");
    await publisher.raw(["kv@10.0.0.1@m2", Buffer.alloc(8), "foreign"]);
    await publisher.publish(text("ours"));
    await until("our batch", () => sink.applied.length === 1);
    expect(sink.applied[0]?.toString()).toBe("ours");
    expect(follower.status()).toMatchObject({ foreignTopicMessages: 1, receivedBatches: 1 });
  });

  it("A-POISON: messages with 1, 2, 4 or 20 frames or a bad number are counted and cost nothing else", async () => {
    const publisher = await aPublisher();
    const { follower, sink } = aFollower(publisher);
    await until("the stream to be live", () => follower.status().state === "live");
    const { topic } = publisher;
    await publisher.raw([topic]);
    await publisher.raw([topic, Buffer.alloc(8)]);
    await publisher.raw([topic, Buffer.alloc(8), "a", "b"]);
    await publisher.raw(Array.from({ length: 20 }, () => topic));
    await publisher.raw([topic, Buffer.alloc(7), "short number"]);
    await publisher.raw([topic, Buffer.alloc(8, 0xff), "the number that ends a replay"]);
    await publisher.publish(text("good"));
    await until("the good batch", () => sink.applied.length === 1);
    expect(follower.status()).toMatchObject({ state: "live", rejectedBatches: 6, receivedBatches: 7, reconnects: 0 });
  });

  it("A-LOST: a batch that never arrived is replayed before the next one is applied", async () => {
    const publisher = await aPublisher();
    const { follower, sink } = aFollower(publisher);
    await until("the stream to be live", () => follower.status().state === "live");
    await publisher.publish(text("0"));
    publisher.skip(text("1"));
    await publisher.publish(text("2"));
    await until("all three", () => sink.applied.length === 3);
    expect(sink.applied.map(String)).toEqual(["0", "1", "2"]);
    expect(follower.status()).toMatchObject({ gaps: 1, missingBatches: 1, replayedBatches: 1, purges: 0 });
  });

  it("A-EPOCH-PAST: a publisher that restarts in place and overtakes is purged and rebuilt", async () => {
    const first = await TestPublisher.start();
    const { events, replay } = first;
    const { follower, sink } = aFollower(first);
    for (let i = 0; i < 5; i++) await first.publish(text(`old ${i}`));
    await until("the first life", () => sink.applied.length === 5);
    await first.close();
    const second = await aPublisher({ events, replay });
    for (let i = 0; i < 9; i++) await second.publish(text(`new ${i}`));
    await until("the second life", () => sink.applied.length === 9 && follower.status().state === "live");
    expect(sink.applied.map(String)).toEqual(Array.from({ length: 9 }, (_, i) => `new ${i}`));
    expect(follower.status()).toMatchObject({ lives: 2, purges: 1, state: "live", lastSeq: 8 });
  });

  it("falls behind on purpose: a full inbox stops reading, and nothing is lost", async () => {
    const publisher = await aPublisher();
    const { follower, sink } = aFollower(publisher, { inboxBatches: 10, inboxBytes: 4096 });
    await until("the stream to be live", () => follower.status().state === "live");
    const all = payloads(3000, 11, 900);
    for (const payload of all) await publisher.publish(payload);
    await until("all batches", () => sink.applied.length === all.length);
    expect(sink.applied.every((payload, i) => payload.equals(all[i] as Buffer))).toBe(true);
  });

  it("without a replay endpoint says that it is partial unless it saw the beginning", async () => {
    const publisher = await aPublisher();
    await publisher.publish(text("missed"));
    const { follower, sink } = aFollower({ events: publisher.events, replay: null });
    await until("the connection", () => follower.status().connected);
    await until("a batch", async () => {
      await publisher.publish(text("seen"));
      return sink.applied.length > 0;
    });
    expect(follower.status()).toMatchObject({ state: "partial", purges: 0 });
    expect(follower.status().credit).toBeLessThanOrEqual(0.5);
  });
});
