/** Live batches that are not simply the next one: early, late, twice, of another life, or more than can be held. */
import { describe, expect, it } from "vitest";
import { type Batch, liveWorld, World } from "./test-world.js";

/** Replay was given up in a gap: batch 4 alone is believed. */
const withoutReplay = (): World =>
  liveWorld(3).publish(2).lose(1).deliver().replay({ kind: "refuse" }).serveFor(3500).fromHere();

/** A batch 8 bytes long of another publisher. */
const foreign = (seq: number): Batch => ({ life: 9, seq, payload: new Uint8Array([0x93, 0xcb, 9, seq, 0, 7, 7, 7]) });

describe("a live batch", () => {
  it("that comes in a gap and is the missing one closes it, and the request is cancelled", () => {
    const world = liveWorld(2).publish(3);
    world.live.push(world.live.shift() as Batch);
    world.deliver();
    expect(world.story).toEqual([
      "0 info gap: gap: batch 2 is missing before 3; asking for replay missing=1 next_seq=2",
      "0 ask 2 from 1",
      "0 apply 2",
      "0 apply 3",
      "0 apply 4",
      "0 cancel 2",
      "0 debug live: live at batch 4 last_seq=4",
    ]);
    expect(world.changed).toEqual({
      state: "live",
      connected: true,
      lastSeq: 4,
      receivedBatches: 5,
      appliedBatches: 5,
      appliedEvents: 5,
      blockOperations: 5,
      gaps: 1,
      missingBatches: 1,
      replays: 2,
      credit: 1,
    });
  });

  it("that fills one of two holes is applied at once; the gap stays", () => {
    const world = liveWorld(2).publish(4);
    const [third, , fifth] = world.live as [Batch, Batch, Batch, Batch];
    world.live = [];
    world.receive(fifth).receive(third);
    expect(world.story).toEqual([
      "0 info gap: gap: batches 2..3 (2) are missing before 4; asking for replay missing=2 next_seq=2",
      "0 ask 2 from 1",
      "0 apply 2",
    ]);
    expect(world.changed).toEqual({
      state: "gapped",
      connected: true,
      lastSeq: 2,
      receivedBatches: 4,
      appliedBatches: 3,
      heldBatches: 1,
      appliedEvents: 3,
      blockOperations: 3,
      gaps: 1,
      missingBatches: 2,
      replays: 2,
      credit: 0.5,
    });
  });

  it("that came before is a duplicate in a gap, too, once applied or still held", () => {
    const world = liveWorld(2).publish(2).lose(1).deliver();
    world.receive(world.existing[0] as Batch).receive(world.existing[3] as Batch);
    expect(world.story).toEqual([
      "0 info gap: gap: batch 2 is missing before 3; asking for replay missing=1 next_seq=2",
      "0 ask 2 from 1",
    ]);
    expect(world.changed).toEqual({
      state: "gapped",
      connected: true,
      lastSeq: 1,
      receivedBatches: 5,
      appliedBatches: 2,
      duplicateBatches: 2,
      heldBatches: 1,
      appliedEvents: 2,
      blockOperations: 2,
      gaps: 1,
      missingBatches: 1,
      replays: 2,
      credit: 0.5,
    });
  });

  it("with the number of the last one and other bytes is of another life until the publisher says which", () => {
    const world = liveWorld(3).receive(foreign(2));
    expect(world.changed).toEqual({
      state: "catching-up",
      connected: true,
      lastSeq: 2,
      receivedBatches: 4,
      appliedBatches: 3,
      heldBatches: 1,
      appliedEvents: 3,
      blockOperations: 3,
      replays: 2,
    });
    world.serve();
    expect(world.story).toEqual([
      "0 warn backwards: batch 2 came where 3 was expected; asking which life this is seq=2 expected=3",
      "0 ask 2 from 2",
      "0 cancel 2",
      "0 debug live: live at batch 2 last_seq=2",
    ]);
  });

  it("with a number that a replay has brought meanwhile shows that the live stream has been reached", () => {
    const world = new World().connect().publish(3);
    const round = world.requests[0]?.round ?? -1;
    for (const { seq, payload } of world.ring) {
      world.session.acceptReplayed(round, seq, payload);
      world.session.settle({ rejected: false, events: 1, malformedEvents: 0, unknownEvents: 0, blocks: 1 });
    }
    world.receive(world.ring[1] as Batch);
    expect(world.story).toEqual(["0 ask 1 from 0", "0 cancel 1", "0 debug live: live at batch 2 last_seq=2"]);
    expect(world.changed).toEqual({
      state: "live",
      connected: true,
      lastSeq: 2,
      receivedBatches: 4,
      appliedBatches: 3,
      duplicateBatches: 1,
      appliedEvents: 3,
      blockOperations: 3,
      replays: 1,
      replayedBatches: 3,
      credit: 1,
    });
  });

  it("that goes back after a single applied batch is a question, not a purge", () => {
    const world = liveWorld(1).receive(foreign(0)).serve();
    expect(world.story).toEqual([
      "0 warn backwards: batch 0 came where 1 was expected; asking which life this is seq=0 expected=1",
      "0 ask 2 from 0",
      "0 cancel 2",
      "0 debug live: live at batch 0 last_seq=0",
    ]);
  });

  it("that goes back where nothing was ever applied begins a new life at once", () => {
    const world = new World().connect().serve().publish(2, true).deliver().serveFor(500).fromHere();
    world.receive(foreign(0));
    expect(world.story).toEqual([
      "500 warn new-life: the publisher restarted (batch 0 came where 2 was expected): purging and rebuilding from batch 0 last_seq=-1 life=2",
      "500 ask 3 from 0",
      "500 apply 0",
      "500 cancel 3",
      "500 debug live: live at batch 0 last_seq=0",
    ]);
    expect(world.changed).toEqual({
      state: "live",
      connected: true,
      lastSeq: 0,
      lives: 2,
      receivedBatches: 5,
      appliedBatches: 1,
      rejectedBatches: 4,
      appliedEvents: 1,
      blockOperations: 1,
      replays: 3,
      credit: 1,
    });
  });

  it("that cannot be held sheds all that is held, and what comes next is held again", () => {
    const world = new World(true, 100, { heldBytesMax: 16 }).connect().serve().fromHere();
    world.publish(5).lose(1).deliver();
    expect(world.changed).toEqual({
      state: "gapped",
      connected: true,
      receivedBatches: 4,
      droppedBatches: 3,
      heldBatches: 1,
      gaps: 1,
      missingBatches: 1,
      replays: 2,
      credit: 0.5,
      sheds: 1,
    });
    world.serve();
    expect(world.story).toEqual([
      "0 info gap: gap: batch 0 is missing before 1; asking for replay missing=1 next_seq=0",
      "0 ask 2 from 0",
      "0 warn shed: 2 held batches (16 bytes) reached the limit: shed, to be fetched again by replay count=2",
      "0 apply 0",
      "0 apply 1",
      "0 apply 2",
      "0 apply 3",
      "0 apply 4",
      "0 cancel 2",
      "0 debug live: live at batch 4 last_seq=4",
    ]);
  });
});

describe("a live batch that goes back while replay is down", () => {
  it("begins a new life, whole, with number 0", () => {
    const world = withoutReplay().receive(foreign(0)).receive(foreign(1));
    expect(world.story).toEqual([
      "3500 warn new-life: batch 0 came where 5 was expected, and there is no replay to ask: purging seq=0",
      "3500 purge: batch 0 came where 5 was expected",
      "3500 apply 0",
      "3500 apply 1",
    ]);
    expect(world.changed).toEqual({
      state: "live",
      connected: true,
      lastSeq: 1,
      lives: 2,
      receivedBatches: 6,
      appliedBatches: 6,
      appliedEvents: 6,
      blockOperations: 6,
      gaps: 1,
      missingBatches: 1,
      replays: 7,
      replayFailures: 6,
      purges: 2,
      credit: 1,
    });
  });

  it("begins a new life after any other number, and asks later for all of it", () => {
    const world = withoutReplay().receive(foreign(2)).receive(foreign(3)).advance(2000);
    expect(world.story).toEqual([
      "3500 warn new-life: batch 2 came where 5 was expected, and there is no replay to ask: purging seq=2",
      "3500 purge: batch 2 came where 5 was expected",
      "3500 apply 3",
      "4500 ask 8 from 0",
    ]);
    expect(world.changed).toEqual({
      state: "partial",
      connected: true,
      lastSeq: 3,
      lives: 2,
      receivedBatches: 6,
      appliedBatches: 5,
      droppedBatches: 1,
      appliedEvents: 5,
      blockOperations: 5,
      gaps: 1,
      missingBatches: 1,
      replays: 8,
      replayFailures: 6,
      purges: 2,
      credit: expect.closeTo(0.4863, 3),
    });
  });
});

describe("a live batch that goes back without a replay endpoint", () => {
  it("begins a new life, whole, with number 0", () => {
    const world = new World(false).connect().publish(3).deliver().fromHere().receive(foreign(0)).receive(foreign(1));
    expect(world.story).toEqual([
      "0 warn new-life: batch 0 came where 3 was expected, and there is no replay to ask: purging seq=0",
      "0 purge: batch 0 came where 3 was expected",
      "0 apply 0",
      "0 apply 1",
    ]);
    expect(world.changed).toEqual({
      state: "live",
      connected: true,
      lastSeq: 1,
      lives: 2,
      receivedBatches: 5,
      appliedBatches: 5,
      appliedEvents: 5,
      blockOperations: 5,
      purges: 1,
      credit: 1,
    });
  });

  it("begins a new life after any other number, incomplete", () => {
    const world = new World(false).connect().publish(3).deliver().fromHere().receive(foreign(1)).receive(foreign(2));
    expect(world.advance(60_000).story).toEqual([
      "0 warn new-life: batch 1 came where 3 was expected, and there is no replay to ask: purging seq=1",
      "0 purge: batch 1 came where 3 was expected",
      "0 apply 2",
    ]);
    expect(world.changed).toEqual({
      state: "partial",
      connected: true,
      lastSeq: 2,
      lives: 2,
      receivedBatches: 5,
      appliedBatches: 4,
      droppedBatches: 1,
      appliedEvents: 4,
      blockOperations: 4,
      purges: 1,
      credit: expect.closeTo(0.2529, 3),
    });
  });
});
