/** Asking again for what a stream knows to be missing: what the answers change, and what they do not. */
import { describe, expect, it } from "vitest";
import { type Batch, liveWorld, World } from "./test-world.js";

/** Replay was given up in a gap: batch 4 alone is believed, and batches 0..4 are in the ring. */
function withoutReplay(): World {
  return liveWorld(3).publish(2).lose(1).deliver().replay({ kind: "refuse" }).serveFor(3500).replay({ kind: "ok" });
}

/** Replay was given up before anything had been published. */
function unknownAndEmpty(): World {
  return new World().replay({ kind: "refuse" }).connect().serveFor(3500).replay({ kind: "ok" }).fromHere();
}

describe("rebuilding", () => {
  it("goes on with the answers under way when they begin at the beginning", () => {
    const world = withoutReplay().fromHere().serveFor(1500);
    expect(world.story).toEqual([
      "4100 ask 8 from 0",
      "4100 info rebuild: replay offers batch 0 of what was missing: purging and rebuilding from=0",
      "4100 purge: rebuilding from a more complete replay",
      "4100 apply 0",
      "4100 apply 1",
      "4100 apply 2",
      "4100 apply 3",
      "4100 apply 4",
      "4100 debug live: live at batch 4 last_seq=4",
      "4200 ask 9 from 0",
    ]);
    expect(world.changed).toEqual({
      state: "live",
      connected: true,
      lastSeq: 4,
      receivedBatches: 14,
      appliedBatches: 9,
      duplicateBatches: 5,
      appliedEvents: 9,
      blockOperations: 9,
      gaps: 1,
      missingBatches: 1,
      replays: 8,
      replayFailures: 6,
      replayedBatches: 5,
      purges: 2,
      credit: 1,
      audits: 1,
    });
  });

  it("trusts replay again: the next gap is asked for", () => {
    const world = withoutReplay().serveFor(1500).fromHere().publish(2).lose(1).deliver().serve();
    expect(world.story).toEqual([
      "5000 info gap: gap: batch 5 is missing before 6; asking for replay missing=1 next_seq=5",
      "5000 ask 10 from 4",
      "5000 apply 5",
      "5000 apply 6",
      "5000 cancel 10",
      "5000 debug live: live at batch 6 last_seq=6",
    ]);
  });

  it("begins a request of its own when the missing part shows up in the middle of the answers", () => {
    const world = new World().connect().serve().publish(1, true).publish(4).deliver(3).lose(1).deliver();
    const [hole] = world.ring.splice(3, 1) as [Batch];
    world.serveFor(2000);
    expect(world.seqs).toEqual([4]);
    world.ring.splice(3, 0, hole);
    world.fromHere().serveFor(4000);
    expect(world.story).toEqual([
      "3300 ask 7 from 0",
      "3300 info rebuild: replay offers batch 3 of what was missing: purging and rebuilding from=0",
      "3300 purge: rebuilding from a more complete replay",
      "3300 cancel 7",
      "3300 ask 8 from 0",
      "3400 cannot read 0",
      "3400 warn undecodable: batch 0 is undecodable (8 bytes); asking for it again seq=0",
      "3500 ask 9 from 0",
      "3500 warn skipped: batch 0 is lost (undecodable); going on from 1 as partial from=0 to=0",
      "3500 apply 1",
      "3500 apply 2",
      "3500 apply 3",
      "3500 apply 4",
      "3500 debug partial: partial at batch 4 last_seq=4",
      "3600 ask 10 from 0",
      "4500 ask 11 from 0",
      "4600 ask 12 from 0",
    ]);
    expect(world.changed).toEqual({
      state: "partial",
      connected: true,
      lastSeq: 4,
      receivedBatches: 49,
      appliedBatches: 7,
      duplicateBatches: 37,
      rejectedBatches: 4,
      droppedBatches: 1,
      appliedEvents: 7,
      blockOperations: 7,
      replays: 9,
      purges: 2,
      credit: expect.closeTo(0.492, 3),
      audits: 3,
    });
  });

  it("is no longer needed when the stream turns out to begin at 0 while the question is under way", () => {
    const world = unknownAndEmpty().advance(1000).publish(2).deliver().serve();
    expect(world.story).toEqual(["4100 ask 7 from 0", "4500 apply 0", "4500 apply 1"]);
    expect(world.changed).toEqual({
      state: "live",
      connected: true,
      lastSeq: 1,
      receivedBatches: 4,
      appliedBatches: 2,
      duplicateBatches: 2,
      appliedEvents: 2,
      blockOperations: 2,
      replays: 7,
      replayFailures: 6,
      credit: 1,
    });
  });

  it("finds a stream whole where nothing was ever published, and trusts replay again", () => {
    const world = unknownAndEmpty().serveFor(1500);
    expect(world.changed).toEqual({ state: "live", connected: true, replays: 7, replayFailures: 6, credit: 1 });
    world.publish(2).lose(1).deliver().serve();
    expect(world.story).toEqual([
      "4100 ask 7 from 0",
      "5000 info gap: gap: batch 0 is missing before 1; asking for replay missing=1 next_seq=0",
      "5000 ask 8 from 0",
      "5000 apply 0",
      "5000 apply 1",
      "5000 cancel 8",
      "5000 debug live: live at batch 1 last_seq=1",
    ]);
  });

  it("of a stream that rests forgets what the publisher's empty replay does not support", () => {
    const world = new World(true, 0).connect().serve().publish(3).lose(1).deliver().serveFor(5000).fromHere();
    world.serveFor(10_000);
    expect(world.story).toEqual([
      "6100 ask 9 from 0",
      "6100 purge: the publisher replays nothing, not even batch 2",
      "10100 ask 10 from 0",
    ]);
    expect(world.changed).toEqual({
      state: "partial",
      connected: true,
      lastSeq: 2,
      receivedBatches: 2,
      appliedBatches: 2,
      appliedEvents: 2,
      blockOperations: 2,
      gaps: 1,
      missingBatches: 1,
      replays: 10,
      purges: 1,
      credit: expect.closeTo(0.441, 3),
    });
  });

  it("that finds nothing new does not make replay worth waiting for", () => {
    const world = new World(true, 0).connect().serve().publish(3).lose(1).deliver();
    for (let i = 0; i < 60; i++) world.publish(1).deliver().serveFor(100);
    world.fromHere().publish(2).lose(1).deliver();
    expect(world.story).toEqual([
      "6000 purge: batch 63 is lost: replay is down",
      "6000 warn skipped: batch 63 is lost (replay is down; purged); going on from 64 as partial from=63 to=63",
      "6000 apply 64",
    ]);
  });

  it("that fails is told at debug level, and tried again after a pause that doubles", () => {
    const world = withoutReplay().fromHere().replay({ kind: "refuse" }).serveFor(10_000);
    expect(world.story).toEqual([
      "4100 ask 8 from 0",
      "4100 debug replay-failed: replay from 0 failed after 0 batches: no answer from=0 replies=0",
      "6100 ask 9 from 0",
      "6100 debug replay-failed: replay from 0 failed after 0 batches: no answer from=0 replies=0",
      "10100 ask 10 from 0",
      "10100 debug replay-failed: replay from 0 failed after 0 batches: no answer from=0 replies=0",
    ]);
  });

  it("of a stream that began at 0 while replay was down is not needed; its audit trusts replay again", () => {
    const world = unknownAndEmpty().publish(2).deliver().serveFor(2500).fromHere().publish(2).lose(1).deliver().serve();
    expect(world.story).toEqual([
      "6000 info gap: gap: batch 2 is missing before 3; asking for replay missing=1 next_seq=2",
      "6000 ask 8 from 1",
      "6000 apply 2",
      "6000 apply 3",
      "6000 cancel 8",
      "6000 debug live: live at batch 3 last_seq=3",
    ]);
  });

  it("follows a gap in a stream that was whole although replay was down", () => {
    const world = unknownAndEmpty().publish(4).deliver(2).lose(1).deliver().serveFor(1500);
    expect(world.story).toEqual([
      "3500 apply 0",
      "3500 apply 1",
      "3500 purge: batch 2 is lost: replay is down",
      "3500 warn skipped: batch 2 is lost (replay is down; purged); going on from 3 as partial from=2 to=2",
      "3500 apply 3",
      "4500 ask 7 from 0",
      "4500 info rebuild: replay offers batch 0 of what was missing: purging and rebuilding from=0",
      "4500 purge: rebuilding from a more complete replay",
      "4500 apply 0",
      "4500 apply 1",
      "4500 apply 2",
      "4500 apply 3",
      "4500 debug live: live at batch 3 last_seq=3",
      "4600 ask 8 from 0",
    ]);
    expect(world.changed).toEqual({
      state: "live",
      connected: true,
      lastSeq: 3,
      receivedBatches: 11,
      appliedBatches: 7,
      duplicateBatches: 4,
      appliedEvents: 7,
      blockOperations: 7,
      gaps: 1,
      missingBatches: 1,
      replays: 7,
      replayFailures: 6,
      replayedBatches: 4,
      purges: 2,
      credit: 1,
      audits: 1,
    });
  });

  it("follows an undecodable batch in a stream that was whole although replay was down", () => {
    const world = unknownAndEmpty().publish(3).deliver(1).deliver(1, true).deliver().serveFor(1500);
    expect(world.story).toEqual([
      "3500 apply 0",
      "3500 cannot read 1",
      "3500 warn skipped: batch 1 is lost (undecodable); going on from 2 as partial from=1 to=1",
      "3500 apply 2",
      "4500 ask 7 from 0",
      "4500 info rebuild: replay offers batch 0 of what was missing: purging and rebuilding from=0",
      "4500 purge: rebuilding from a more complete replay",
      "4500 apply 0",
      "4500 apply 1",
      "4500 apply 2",
      "4500 debug live: live at batch 2 last_seq=2",
      "4600 ask 8 from 0",
    ]);
    expect(world.changed).toEqual({
      state: "live",
      connected: true,
      lastSeq: 2,
      receivedBatches: 9,
      appliedBatches: 5,
      duplicateBatches: 3,
      rejectedBatches: 1,
      appliedEvents: 5,
      blockOperations: 5,
      replays: 7,
      replayFailures: 6,
      replayedBatches: 3,
      purges: 1,
      credit: 1,
      audits: 1,
    });
  });

  it("begins where the ring begins once a damaged batch has left it", () => {
    const world = new World(true, 4).connect().serve().publish(4).deliver(2).deliver(1, true);
    const original = world.ring[2] as Batch;
    for (const length of [3, 4, 5]) {
      world.ring[2] = { ...original, payload: new Uint8Array(length).fill(0xc1) };
      world.serve().advance(400);
    }
    world.deliver().publish(4).deliver().fromHere().serveFor(1000);
    expect(world.story).toEqual([
      "1600 ask 5 from 2",
      "1600 info rebuild: replay begins at batch 4: no readable copy will come of what was damaged before: purging and rebuilding from=2",
      "1600 purge: rebuilding from a more complete replay",
      "1600 cancel 5",
      "1600 ask 6 from 0",
      "1700 info history-lost: the publisher's replay begins at batch 4: batches 0..3 (4) are not to be had seq=4",
      "1700 apply 4",
      "1700 apply 5",
      "1700 apply 6",
      "1700 apply 7",
      "1700 debug partial: partial at batch 7 last_seq=7",
      "1800 ask 7 from 0",
    ]);
    expect(world.changed).toEqual({
      state: "partial",
      connected: true,
      lastSeq: 7,
      receivedBatches: 25,
      appliedBatches: 11,
      duplicateBatches: 9,
      rejectedBatches: 4,
      droppedBatches: 1,
      appliedEvents: 11,
      blockOperations: 11,
      replays: 6,
      replayedBatches: 4,
      purges: 1,
      credit: expect.closeTo(0.4976, 3),
      audits: 1,
    });
  });
});
