/** What a stream asks by itself as time passes: is this still the same publisher, and can the missing part be had by now? */
import { describe, expect, it } from "vitest";
import { type Batch, liveWorld, World } from "./test-world.js";

const dueMs = (world: World): number => world.session.deadlineNs / 1e6;

/** A ring of four, and ten batches before the first connection: six of them are not to be had. */
const lateWorld = (): World => new World(true, 4).publish(10).connect().serve().fromHere();

describe("an idle stream", () => {
  it("asks for its last eight batches, ever more rarely while the answers are the same", () => {
    const world = liveWorld(10).serveFor(100_000);
    expect(world.story).toEqual([
      "1100 ask 2 from 2",
      "3100 ask 3 from 2",
      "7100 ask 4 from 2",
      "15100 ask 5 from 2",
      "31100 ask 6 from 2",
      "61100 ask 7 from 2",
      "91100 ask 8 from 2",
    ]);
    expect(world.changed).toEqual({
      state: "live",
      connected: true,
      lastSeq: 9,
      receivedBatches: 66,
      appliedBatches: 10,
      duplicateBatches: 56,
      appliedEvents: 10,
      blockOperations: 10,
      replays: 1,
      credit: 1,
      audits: 7,
    });
  });

  it("is asked less and less also when nobody answers, which is told at debug level only", () => {
    const world = liveWorld(2).replay({ kind: "refuse" }).serveFor(8000);
    expect(world.story).toEqual([
      "1100 ask 2 from 0",
      "1100 debug replay-failed: replay from 0 failed after 0 batches: no answer from=0 replies=0",
      "3100 ask 3 from 0",
      "3100 debug replay-failed: replay from 0 failed after 0 batches: no answer from=0 replies=0",
      "7100 ask 4 from 0",
      "7100 debug replay-failed: replay from 0 failed after 0 batches: no answer from=0 replies=0",
    ]);
    expect(world.changed).toEqual({
      state: "live",
      connected: true,
      lastSeq: 1,
      receivedBatches: 2,
      appliedBatches: 2,
      appliedEvents: 2,
      blockOperations: 2,
      replays: 1,
      replayFailures: 3,
      credit: 1,
      audits: 3,
    });
  });

  it("waits for the answer before it asks again, however long that takes", () => {
    const world = liveWorld(2).advance(60_000);
    world.session.tick(world.nowNs);
    expect(world.session.takeActions()).toEqual([]);
    expect(world.story).toEqual(["1100 ask 2 from 0"]);
    expect(dueMs(world)).toBe(Number.POSITIVE_INFINITY);
  });

  it("is not asked by a tick that comes before it is due", () => {
    const world = liveWorld(2).serveFor(500);
    world.session.tick(world.nowNs);
    expect(world.session.takeActions()).toEqual([]);
    expect(dueMs(world)).toBe(1100);
  });

  it("of which nothing was ever read is asked for what is missing, not for its last batch", () => {
    const world = new World().connect().serve().publish(1, true).deliver().serve().fromHere().serveFor(100_000);
    expect(world.story).toEqual([
      "1000 ask 3 from 0",
      "3000 ask 4 from 0",
      "7000 ask 5 from 0",
      "15000 ask 6 from 0",
      "31000 ask 7 from 0",
    ]);
    expect(world.status).toMatchObject({ state: "partial", audits: 0, lastSeq: -1 });
  });

  it("is asked soon again once batches have flowed", () => {
    const world = liveWorld(2).serveFor(8000).fromHere().publish(1).deliver().serveFor(10_000);
    expect(world.story).toEqual(["8000 apply 2", "16100 ask 5 from 0"]);
  });

  it("asks nobody while batches flow", () => {
    const world = liveWorld(1);
    for (let i = 0; i < 100; i++) world.publish(1).deliver().serve().advance(500);
    expect(world.status).toMatchObject({ audits: 0, replays: 1, lastSeq: 100 });
  });

  it("asks nobody while it is disconnected", () => {
    const world = liveWorld(2).cut().fromHere();
    expect(dueMs(world)).toBe(Number.POSITIVE_INFINITY);
    world.session.tick(3600e9);
    expect(world.session.takeActions()).toEqual([]);
  });

  it("is another publisher when its replay ends before the last batch that was applied", () => {
    const world = liveWorld(3);
    world.ring.splice(2);
    world.serveFor(2000);
    expect(world.story).toEqual([
      "1100 ask 2 from 0",
      "1100 warn new-life: the publisher restarted (it no longer has batch 2): purging and rebuilding from batch 0 last_seq=2 life=2",
      "1100 purge: publisher restarted: it no longer has batch 2",
      "1100 ask 3 from 0",
      "1200 apply 0",
      "1200 apply 1",
      "1200 debug live: live at batch 1 last_seq=1",
      "1300 ask 4 from 0",
    ]);
    expect(world.changed).toEqual({
      state: "live",
      connected: true,
      lastSeq: 1,
      lives: 2,
      receivedBatches: 9,
      appliedBatches: 5,
      duplicateBatches: 4,
      appliedEvents: 5,
      blockOperations: 5,
      replays: 2,
      replayedBatches: 2,
      purges: 1,
      credit: 1,
      audits: 2,
    });
  });

  it("whose lost tail has a hole in the replay, too, waits for the batch that is missing", () => {
    const world = liveWorld(3).publish(3).lose(3);
    const [hole] = world.ring.splice(4, 1) as [Batch];
    world.advance(1100).serve();
    expect(world.changed).toEqual({
      state: "gapped",
      connected: true,
      lastSeq: 3,
      receivedBatches: 8,
      appliedBatches: 4,
      duplicateBatches: 3,
      heldBatches: 1,
      appliedEvents: 4,
      blockOperations: 4,
      gaps: 1,
      missingBatches: 1,
      replays: 2,
      replayedBatches: 1,
      credit: 0.5,
      audits: 1,
    });
    world.ring.splice(4, 0, hole);
    world.serve();
    expect(world.story).toEqual([
      "1100 ask 2 from 0",
      "1100 apply 3",
      "1100 ask 3 from 3",
      "1100 apply 4",
      "1100 apply 5",
      "1100 debug live: live at batch 5 last_seq=5",
    ]);
  });

  it("that lost more than the ring holds gives up what is gone", () => {
    const world = new World(true, 4).connect().serve().publish(3).deliver().fromHere();
    world.publish(6).lose(6).serveFor(2500);
    expect(world.story).toEqual([
      "1100 ask 2 from 0",
      "1200 ask 3 from 2",
      "1400 ask 4 from 2",
      "1400 purge: batches 3..4 (2) are lost: the publisher replayed later ones 3 times, but not these",
      "1400 warn skipped: batches 3..4 (2) are lost (the publisher replayed later ones 3 times, but not these; purged); going on from 5 as partial from=3 to=4",
      "1400 apply 5",
      "1400 apply 6",
      "1400 apply 7",
      "1400 apply 8",
      "1400 ask 5 from 8",
      "1500 debug partial: partial at batch 8 last_seq=8",
      "1600 ask 6 from 1",
      "2400 ask 7 from 3",
    ]);
    expect(world.changed).toEqual({
      state: "partial",
      connected: true,
      lastSeq: 8,
      receivedBatches: 24,
      appliedBatches: 7,
      duplicateBatches: 17,
      appliedEvents: 7,
      blockOperations: 7,
      gaps: 1,
      missingBatches: 2,
      replays: 5,
      purges: 1,
      credit: expect.closeTo(0.5 * 2 ** -(0.9 / 60), 9),
      audits: 2,
    });
  });
});

describe("an incomplete stream", () => {
  it("asks five times for the history that the ring no longer had, with pauses that double", () => {
    const world = lateWorld();
    for (let second = 0; second < 200; second += 0.5) world.publish(1).deliver().serveFor(500);
    expect(world.story.filter((line) => line.includes("ask"))).toEqual([
      "1000 ask 2 from 0",
      "3000 ask 3 from 0",
      "7000 ask 4 from 0",
      "15000 ask 5 from 0",
      "31000 ask 6 from 0",
    ]);
    expect(world.status).toMatchObject({ state: "partial", purges: 0, lastSeq: 409 });
  });

  it("asks for ever for what was damaged on the way, every 30 s in the end, and keeps what it has", () => {
    const world = liveWorld(2).publish(2).deliver(1, true);
    const original = world.ring[2] as Batch;
    for (const length of [3, 4, 5]) {
      world.ring[2] = { ...original, payload: new Uint8Array(length).fill(0xc1) };
      world.serve().advance(400);
    }
    world.deliver().fromHere();
    for (let second = 0; second < 200; second += 0.5) world.publish(1).deliver().serveFor(500);
    expect(world.story.filter((line) => !line.includes("apply"))).toEqual([
      "1600 ask 5 from 2",
      "3600 ask 6 from 2",
      "7600 ask 7 from 2",
      "15600 ask 8 from 2",
      "31600 ask 9 from 2",
      "61600 ask 10 from 2",
      "91600 ask 11 from 2",
      "121600 ask 12 from 2",
      "151600 ask 13 from 2",
      "181600 ask 14 from 2",
    ]);
    expect(world.status).toMatchObject({ state: "partial", purges: 0, lastSeq: 403 });
  });

  it("asks five times for what the source made undecodable", () => {
    const world = liveWorld(2).publish(1, true).publish(1).deliver().serve();
    for (let second = 0; second < 200; second += 0.5) world.publish(1).deliver().serveFor(500);
    expect(world.story.filter((line) => !line.includes("apply"))).toEqual([
      "0 cannot read 2",
      "0 warn undecodable: batch 2 is undecodable (8 bytes); asking for it again seq=2",
      "0 ask 2 from 1",
      "0 warn skipped: batch 2 is lost (undecodable); going on from 3 as partial from=2 to=2",
      "0 cancel 2",
      "0 debug partial: partial at batch 3 last_seq=3",
      "1000 ask 3 from 2",
      "3000 ask 4 from 2",
      "7000 ask 5 from 2",
      "15000 ask 6 from 2",
      "31000 ask 7 from 2",
    ]);
  });

  it("without a replay endpoint asks nobody, ever", () => {
    const world = new World(false).connect().publish(2).lose(1).deliver().advance(100_000);
    expect(world.story).toEqual(["0 debug partial: partial at batch -1 last_seq=-1", "0 apply 1"]);
    expect(world.changed).toEqual({
      state: "partial",
      connected: true,
      lastSeq: 1,
      receivedBatches: 1,
      appliedBatches: 1,
      appliedEvents: 1,
      blockOperations: 1,
      credit: expect.closeTo(0.5 * 2 ** -(99 / 60), 9),
    });
  });
});
