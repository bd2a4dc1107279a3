/** What becomes of the answers to a replay request, one by one: all that a session asks for, says and has applied. */
import { describe, expect, it } from "vitest";
import { type Batch, liveWorld, World } from "./test-world.js";

describe("answers to a replay request", () => {
  it("of an earlier request are dropped, and so is its end, while a later one is under way", () => {
    const world = liveWorld(3).publish(2).lose(1).deliver();
    const earlier = world.requests[0]?.round ?? -1;
    world.cut().connect().fromHere();
    world.session.acceptReplayed(earlier, 3, (world.ring[3] as Batch).payload);
    world.session.replayEnded(earlier, world.nowNs);
    world.session.replayFailed(earlier, "late", world.nowNs);
    expect(world.changed).toEqual({
      state: "catching-up",
      connected: true,
      lastSeq: 2,
      receivedBatches: 5,
      appliedBatches: 3,
      droppedBatches: 2,
      appliedEvents: 3,
      blockOperations: 3,
      gaps: 1,
      missingBatches: 1,
      replays: 3,
      reconnects: 1,
    });
    world.serve();
    expect(world.story).toEqual(["0 apply 3", "0 apply 4", "0 debug live: live at batch 4 last_seq=4"]);
  });

  it("after the end are dropped, and an end or failure that nobody waits for changes nothing", () => {
    const world = liveWorld(2);
    world.session.acceptReplayed(1, 2, new Uint8Array([0x93]));
    world.session.replayEnded(1, world.nowNs);
    world.session.replayFailed(1, "late", world.nowNs);
    expect(world.session.takeActions()).toEqual([]);
    expect(world.changed).toEqual({
      state: "live",
      connected: true,
      lastSeq: 1,
      receivedBatches: 3,
      appliedBatches: 2,
      droppedBatches: 1,
      appliedEvents: 2,
      blockOperations: 2,
      replays: 1,
      credit: 1,
    });
  });

  it("count as duplicates where the live stream was first, and are dropped where no more can be held", () => {
    const world = new World(true, 100, { heldBatchesMax: 2 }).connect().serve().fromHere();
    world.publish(5).lose(2).deliver(1);
    const [hole] = world.ring.splice(1, 1) as [Batch];
    world.serve();
    expect(world.changed).toEqual({
      state: "gapped",
      connected: true,
      lastSeq: 0,
      receivedBatches: 5,
      appliedBatches: 1,
      duplicateBatches: 1,
      droppedBatches: 1,
      heldBatches: 2,
      appliedEvents: 1,
      blockOperations: 1,
      gaps: 1,
      missingBatches: 2,
      replays: 3,
      replayedBatches: 1,
      credit: 0.5,
    });
    world.ring.splice(1, 0, hole);
    world.serveFor(500);
    expect(world.story).toEqual([
      "0 info gap: gap: batches 0..1 (2) are missing before 2; asking for replay missing=2 next_seq=0",
      "0 ask 2 from 0",
      "0 apply 0",
      "0 ask 3 from 0",
      "0 apply 1",
      "0 apply 2",
      "0 apply 3",
      "0 cancel 3",
      "0 debug live: live at batch 3 last_seq=3",
    ]);
  });

  it("whose first one is damaged are not taken for a ring that begins later", () => {
    const world = new World().publish(3);
    const [first] = world.ring.splice(0, 1, { life: 1, seq: 0, payload: new Uint8Array([0xc1]) }) as [Batch];
    world.connect().serve();
    world.ring[0] = first;
    world.serveFor(500);
    expect(world.story).toEqual([
      "0 ask 1 from 0",
      "0 cannot read 0",
      "0 warn undecodable: batch 0 is undecodable (1 bytes); asking for it again seq=0",
      "100 ask 2 from 0",
      "100 apply 0",
      "100 apply 1",
      "100 apply 2",
      "100 debug live: live at batch 2 last_seq=2",
      "200 ask 3 from 0",
    ]);
    expect(world.status).toMatchObject({ state: "live", rejectedBatches: 1, purges: 0 });
  });

  it("that never end are enough to be live after two rounds that brought nothing", () => {
    const world = new World().publish(2).replay({ kind: "no-end" }).connect().serveFor(1000);
    expect(world.story).toEqual([
      "0 ask 1 from 0",
      "0 apply 0",
      "0 apply 1",
      "0 warn replay-failed: replay from 0 failed after 2 batches: no answer from=0 replies=2",
      "0 ask 2 from 1",
      "100 warn replay-failed: replay from 1 failed after 1 batches: no answer from=1 replies=1",
      "200 ask 3 from 1",
      "200 warn replay-failed: replay from 1 failed after 1 batches: no answer from=1 replies=1",
      "200 debug live: live at batch 1 last_seq=1",
      "300 ask 4 from 0",
      "300 debug replay-failed: replay from 0 failed after 2 batches: no answer from=0 replies=2",
    ]);
    expect(world.changed).toEqual({
      state: "live",
      connected: true,
      lastSeq: 1,
      receivedBatches: 6,
      appliedBatches: 2,
      duplicateBatches: 4,
      appliedEvents: 2,
      blockOperations: 2,
      replays: 3,
      replayFailures: 4,
      replayedBatches: 2,
      credit: 1,
      audits: 1,
    });
  });

  it("that end too early, before what was seen live, are asked for again until the rest comes", () => {
    const world = liveWorld(2).publish(3).lose(1).deliver();
    const rest = world.ring.splice(2);
    world.serveFor(500);
    world.ring.push(...rest);
    world.serveFor(1000);
    expect(world.story).toEqual([
      "0 info gap: gap: batch 2 is missing before 3; asking for replay missing=1 next_seq=2",
      "0 ask 2 from 1",
      "100 ask 3 from 1",
      "300 ask 4 from 1",
      "700 ask 5 from 1",
      "700 apply 2",
      "700 apply 3",
      "700 apply 4",
      "700 cancel 5",
      "700 debug live: live at batch 4 last_seq=4",
    ]);
  });
});
