/** How long a session waits for what is missing, when it gives up, and in which order it lets go again. */
import { describe, expect, it } from "vitest";
import { type Batch, liveWorld, World } from "./test-world.js";

const asks = (world: World): string[] => world.story.filter((line) => line.includes(" ask "));

describe("waiting for what is missing", () => {
  it("ends as soon as the live stream has been reached without a hole, without the end of the replay", () => {
    const world = new World().connect().publish(1).deliver();
    expect(world.story).toEqual([
      "0 ask 1 from 0",
      "0 apply 0",
      "0 cancel 1",
      "0 debug live: live at batch 0 last_seq=0",
    ]);
    expect(world.changed).toEqual({
      state: "live",
      connected: true,
      lastSeq: 0,
      receivedBatches: 1,
      appliedBatches: 1,
      appliedEvents: 1,
      blockOperations: 1,
      replays: 1,
      credit: 1,
    });
  });

  it("of a batch damaged on the way ends with its good copy", () => {
    const world = liveWorld(2).publish(1).deliver(1, true).serve();
    expect(world.story).toEqual([
      "0 cannot read 2",
      "0 warn undecodable: batch 2 is undecodable (8 bytes); asking for it again seq=2",
      "0 ask 2 from 1",
      "0 apply 2",
      "0 cancel 2",
      "0 debug live: live at batch 2 last_seq=2",
    ]);
    expect(world.changed).toEqual({
      state: "live",
      connected: true,
      lastSeq: 2,
      receivedBatches: 5,
      appliedBatches: 3,
      duplicateBatches: 1,
      rejectedBatches: 1,
      appliedEvents: 3,
      blockOperations: 3,
      replays: 2,
      replayedBatches: 1,
      credit: 1,
    });
  });

  it("goes on while catching up although a held batch turns out to be damaged, and gives no credit yet", () => {
    const world = new World().publish(2).connect().publish(2).deliver(1, true).deliver(1);
    const asked = world.requests[0]?.round ?? -1;
    for (const batch of world.ring.slice(0, 2)) {
      world.session.acceptReplayed(asked, batch.seq, batch.payload);
      world.session.settle({ rejected: false, events: 1, malformedEvents: 0, unknownEvents: 0, blocks: 1 });
    }
    world.advance(10);
    expect(world.changed).toEqual({
      state: "catching-up",
      connected: true,
      lastSeq: 1,
      receivedBatches: 4,
      appliedBatches: 2,
      heldBatches: 2,
      appliedEvents: 2,
      blockOperations: 2,
      replays: 1,
      replayedBatches: 2,
    });
  });

  it("asks again after pauses that double, and not sooner because live batches come", () => {
    const world = liveWorld(2).publish(2).lose(1).deliver().replay({ kind: "refuse" });
    for (let i = 0; i < 30; i++) world.publish(1).deliver().serveFor(100);
    expect(asks(world)).toEqual([
      "0 ask 2 from 1",
      "100 ask 3 from 1",
      "300 ask 4 from 1",
      "700 ask 5 from 1",
      "1500 ask 6 from 1",
    ]);
  });

  it("asks at most every two seconds, for as long as patience allows", () => {
    const world = liveWorld(2, { replayPatienceMs: 60_000, replayAttemptsMax: 9 }).publish(2).lose(1).deliver();
    world.replay({ kind: "refuse" }).serveFor(20_000);
    expect(world.story.filter((line) => !line.includes("replay-failed"))).toEqual([
      "0 info gap: gap: batch 2 is missing before 3; asking for replay missing=1 next_seq=2",
      "0 ask 2 from 1",
      "100 ask 3 from 1",
      "300 ask 4 from 1",
      "700 ask 5 from 1",
      "1500 ask 6 from 1",
      "3100 ask 7 from 1",
      "5100 ask 8 from 1",
      "7100 ask 9 from 1",
      "9100 ask 10 from 1",
      "11100 ask 11 from 1",
      "11100 warn replay-unavailable: gave up on replay after 10 attempts (no answer): purging, going on as partial attempts=10 held=1",
      "11100 purge: replay is unavailable: no answer",
      "11100 debug partial: partial at batch -1 last_seq=-1",
      "11100 apply 3",
      "12100 ask 12 from 0",
      "14100 ask 13 from 0",
      "18100 ask 14 from 0",
    ]);
    expect(world.changed).toEqual({
      state: "partial",
      connected: true,
      lastSeq: 3,
      receivedBatches: 3,
      appliedBatches: 3,
      appliedEvents: 3,
      blockOperations: 3,
      gaps: 1,
      missingBatches: 1,
      replays: 14,
      replayFailures: 13,
      purges: 1,
      credit: expect.closeTo(0.456, 3),
    });
  });

  it("gives up at the very end of its patience", () => {
    const world = liveWorld(2, { replayPatienceMs: 300 }).publish(2).lose(1).deliver();
    world.replay({ kind: "refuse" }).serveFor(1000);
    expect(world.story.filter((line) => !line.includes("replay-failed"))).toEqual([
      "0 info gap: gap: batch 2 is missing before 3; asking for replay missing=1 next_seq=2",
      "0 ask 2 from 1",
      "100 ask 3 from 1",
      "300 ask 4 from 1",
      "300 warn replay-unavailable: gave up on replay after 3 attempts (no answer): purging, going on as partial attempts=3 held=1",
      "300 purge: replay is unavailable: no answer",
      "300 debug partial: partial at batch -1 last_seq=-1",
      "300 apply 3",
    ]);
  });

  it("is patient with each hole anew", () => {
    const world = liveWorld(2).burn().publish(1).burn().publish(1).deliver().serveFor(2000);
    expect(world.story).toEqual([
      "0 info gap: gap: batch 2 is missing before 3; asking for replay missing=1 next_seq=2",
      "0 ask 2 from 1",
      "100 ask 3 from 1",
      "300 ask 4 from 1",
      "300 purge: batch 2 is lost: the publisher replayed later ones 3 times, but not these",
      "300 warn skipped: batch 2 is lost (the publisher replayed later ones 3 times, but not these; purged); going on from 3 as partial from=2 to=2",
      "300 apply 3",
      "300 ask 5 from 3",
      "500 ask 6 from 3",
      "700 ask 7 from 3",
      "700 purge: batch 4 is lost: the publisher replayed later ones 3 times, but not these",
      "700 warn skipped: batch 4 is lost (the publisher replayed later ones 3 times, but not these; purged); going on from 5 as partial from=4 to=4",
      "700 apply 5",
      "700 debug partial: partial at batch 5 last_seq=5",
      "1700 ask 8 from 2",
      "1700 ask 9 from 0",
    ]);
    expect(world.changed).toEqual({
      state: "partial",
      connected: true,
      lastSeq: 5,
      receivedBatches: 25,
      appliedBatches: 4,
      duplicateBatches: 21,
      appliedEvents: 4,
      blockOperations: 4,
      gaps: 1,
      missingBatches: 1,
      replays: 8,
      purges: 2,
      credit: expect.closeTo(0.499, 3),
      audits: 1,
    });
  });

  it("is as patient with a hole when an earlier one was filled in the end", () => {
    const world = liveWorld(2).publish(2).lose(1).deliver();
    const [late] = world.ring.splice(2, 1) as [Batch];
    world.serveFor(200);
    world.ring.splice(2, 0, late);
    world.serveFor(300).fromHere().burn().publish(1).deliver().serveFor(1000);
    expect(world.story).toEqual([
      "500 info gap: gap: batch 4 is missing before 5; asking for replay missing=1 next_seq=4",
      "500 ask 5 from 3",
      "600 ask 6 from 3",
      "800 ask 7 from 3",
      "800 purge: batch 4 is lost: the publisher replayed later ones 3 times, but not these",
      "800 warn skipped: batch 4 is lost (the publisher replayed later ones 3 times, but not these; purged); going on from 5 as partial from=4 to=4",
      "800 apply 5",
      "800 debug partial: partial at batch 5 last_seq=5",
    ]);
  });

  it("that brought something is not counted as an attempt", () => {
    const world = new World(true, 10_000, { replayAttemptsMax: 2, replayPatienceMs: 60_000 }).publish(8);
    world.replay({ kind: "truncate", after: 2 }).connect().serveFor(3000);
    expect(asks(world)).toEqual([
      "0 ask 1 from 0",
      "0 ask 2 from 1",
      "100 ask 3 from 2",
      "200 ask 4 from 3",
      "300 ask 5 from 4",
      "400 ask 6 from 5",
      "500 ask 7 from 6",
      "600 ask 8 from 7",
      "800 ask 9 from 7",
      "900 ask 10 from 0",
      "1900 ask 11 from 0",
    ]);
    expect(world.changed).toEqual({
      state: "live",
      connected: true,
      lastSeq: 7,
      receivedBatches: 20,
      appliedBatches: 8,
      duplicateBatches: 12,
      appliedEvents: 8,
      blockOperations: 8,
      replays: 9,
      replayFailures: 11,
      replayedBatches: 8,
      credit: 1,
      audits: 2,
    });
  });
});

describe("giving up", () => {
  it("lets all go that is held, and marks each further hole in it", () => {
    const world = liveWorld(2).publish(6).lose(1);
    world.deliver(2).lose(1).deliver().replay({ kind: "refuse" }).serveFor(3500);
    expect(world.story.filter((line) => !line.includes("replay-failed"))).toEqual([
      "0 info gap: gap: batch 2 is missing before 3; asking for replay missing=1 next_seq=2",
      "0 ask 2 from 1",
      "100 ask 3 from 1",
      "300 ask 4 from 1",
      "700 ask 5 from 1",
      "1500 ask 6 from 1",
      "3100 ask 7 from 1",
      "3100 warn replay-unavailable: gave up on replay after 6 attempts (no answer): purging, going on as partial attempts=6 held=4",
      "3100 purge: replay is unavailable: no answer",
      "3100 debug partial: partial at batch -1 last_seq=-1",
      "3100 apply 3",
      "3100 apply 4",
      "3100 purge: batch 5 is lost: replay is down",
      "3100 warn skipped: batch 5 is lost (replay is down; purged); going on from 6 as partial from=5 to=5",
      "3100 apply 6",
      "3100 apply 7",
    ]);
    expect(world.changed).toEqual({
      state: "partial",
      connected: true,
      lastSeq: 7,
      receivedBatches: 6,
      appliedBatches: 6,
      appliedEvents: 6,
      blockOperations: 6,
      gaps: 2,
      missingBatches: 2,
      replays: 7,
      replayFailures: 6,
      purges: 2,
      credit: expect.closeTo(0.498, 3),
    });
  });

  it("is followed by attempts to have the whole again, from the beginning, after a gap that nobody could be asked about", () => {
    const world = liveWorld(2).publish(2).lose(1).deliver().replay({ kind: "refuse" }).serveFor(3500);
    world.fromHere().publish(2).lose(1).deliver().serveFor(3500);
    expect(world.story.filter((line) => !line.includes("replay-failed"))).toEqual([
      "3500 purge: batch 4 is lost: replay is down",
      "3500 warn skipped: batch 4 is lost (replay is down; purged); going on from 5 as partial from=4 to=4",
      "3500 apply 5",
      "4500 ask 8 from 0",
      "6500 ask 9 from 0",
    ]);
  });

  it("on an undecodable batch while replay is down costs that batch, until all can be had again", () => {
    const world = liveWorld(2).publish(2).lose(1).deliver().replay({ kind: "refuse" }).serveFor(3500);
    world.fromHere().publish(2).deliver(1, true).deliver().serveFor(2000);
    expect(world.story.filter((line) => !line.includes("replay-failed"))).toEqual([
      "3500 cannot read 4",
      "3500 warn skipped: batch 4 is lost (undecodable); going on from 5 as partial from=4 to=4",
      "3500 apply 5",
      "4500 ask 8 from 0",
    ]);
    expect(world.changed).toEqual({
      state: "partial",
      connected: true,
      lastSeq: 5,
      receivedBatches: 5,
      appliedBatches: 4,
      rejectedBatches: 1,
      appliedEvents: 4,
      blockOperations: 4,
      gaps: 1,
      missingBatches: 1,
      replays: 8,
      replayFailures: 7,
      purges: 1,
      credit: expect.closeTo(0.492, 3),
    });
  });
});
