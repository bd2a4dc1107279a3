/** Connections that come and go, and what of the picture survives them. */
import { describe, expect, it } from "vitest";
import { type Batch, liveWorld, World } from "./test-world.js";

describe("a new connection", () => {
  it("asks for the one batch that was applied, purges nothing and goes on", () => {
    const world = liveWorld(1).cut().publish(1).connect().serve();
    expect(world.story).toEqual([
      "0 warn stale: connection lost (cut) after batch 0; 0 held batches dropped last_seq=0 dropped=0",
      "0 ask 2 from 0",
      "0 apply 1",
      "0 debug live: live at batch 1 last_seq=1",
    ]);
    expect(world.changed).toEqual({
      state: "live",
      connected: true,
      lastSeq: 1,
      receivedBatches: 3,
      appliedBatches: 2,
      duplicateBatches: 1,
      appliedEvents: 2,
      blockOperations: 2,
      replays: 2,
      replayedBatches: 1,
      reconnects: 1,
      credit: 1,
    });
  });

  it("holds live batches back until the publisher has shown that it is the same one", () => {
    const world = liveWorld(1).restart().publish(1).connect().publish(1).deliver();
    expect(world.changed).toEqual({
      state: "catching-up",
      connected: true,
      lastSeq: 0,
      receivedBatches: 2,
      appliedBatches: 1,
      heldBatches: 1,
      appliedEvents: 1,
      blockOperations: 1,
      replays: 2,
      reconnects: 1,
    });
    world.serve().serve();
    expect(world.story).toEqual([
      "0 warn stale: connection lost (cut) after batch 0; 0 held batches dropped last_seq=0 dropped=0",
      "0 ask 2 from 0",
      "0 warn new-life: the publisher restarted (its batch 0 has other bytes than the one applied): purging and rebuilding from batch 0 last_seq=0 life=2",
      "0 purge: publisher restarted: its batch 0 has other bytes than the one applied",
      "0 cancel 2",
      "0 ask 3 from 0",
      "0 apply 0",
      "0 apply 1",
      "0 cancel 3",
      "0 debug live: live at batch 1 last_seq=1",
    ]);
  });

  it("counts a late copy that came before the proof as a duplicate", () => {
    const world = liveWorld(3).cut().connect();
    world.receive(world.existing[1] as Batch).serve();
    expect(world.story).toEqual([
      "0 warn stale: connection lost (cut) after batch 2; 0 held batches dropped last_seq=2 dropped=0",
      "0 ask 2 from 2",
      "0 cancel 2",
      "0 debug live: live at batch 2 last_seq=2",
    ]);
    expect(world.changed).toEqual({
      state: "live",
      connected: true,
      lastSeq: 2,
      receivedBatches: 5,
      appliedBatches: 3,
      duplicateBatches: 2,
      appliedEvents: 3,
      blockOperations: 3,
      replays: 2,
      reconnects: 1,
      credit: 1,
    });
  });

  it("sheds what it cannot hold while the proof is awaited, and does not call the stream whole without it", () => {
    const world = new World(true, 100, { heldBatchesMax: 1 }).connect().serve().publish(2).deliver().cut().fromHere();
    world.connect().publish(2).deliver();
    const rest = world.ring.splice(2);
    world.serve();
    expect(world.status.state).toBe("catching-up");
    world.ring.push(...rest);
    world.serveFor(500);
    expect(world.story).toEqual([
      "0 ask 2 from 1",
      "0 warn shed: 1 held batches (8 bytes) reached the limit: shed, to be fetched again by replay count=1",
      "100 ask 3 from 1",
      "100 apply 2",
      "100 apply 3",
      "100 cancel 3",
      "100 debug live: live at batch 3 last_seq=3",
    ]);
    expect(world.changed).toEqual({
      state: "live",
      connected: true,
      lastSeq: 3,
      receivedBatches: 8,
      appliedBatches: 4,
      duplicateBatches: 2,
      droppedBatches: 2,
      appliedEvents: 4,
      blockOperations: 4,
      replays: 3,
      replayedBatches: 2,
      reconnects: 1,
      credit: 1,
      sheds: 1,
    });
  });

  it("after replay was given up forgets what followed and reads all from the beginning", () => {
    const world = liveWorld(3).publish(2).lose(1).deliver().replay({ kind: "refuse" }).serveFor(3500);
    world.replay({ kind: "ok" }).cut().fromHere().connect().serve();
    expect(world.story).toEqual([
      "3500 purge: rebuilding from batch 0",
      "3500 ask 8 from 0",
      "3500 apply 0",
      "3500 apply 1",
      "3500 apply 2",
      "3500 apply 3",
      "3500 apply 4",
      "3500 debug live: live at batch 4 last_seq=4",
    ]);
    expect(world.changed).toEqual({
      state: "live",
      connected: true,
      lastSeq: 4,
      receivedBatches: 9,
      appliedBatches: 9,
      appliedEvents: 9,
      blockOperations: 9,
      gaps: 1,
      missingBatches: 1,
      replays: 8,
      replayFailures: 6,
      replayedBatches: 5,
      purges: 2,
      reconnects: 1,
      credit: 1,
    });
  });

  it("tries once more to read a first batch that was undecodable", () => {
    const world = new World().connect().serve().publish(1, true).deliver().serveFor(500).cut().fromHere();
    world.connect().serve();
    expect(world.story).toEqual([
      "500 ask 3 from 0",
      "500 cannot read 0",
      "500 warn undecodable: batch 0 is undecodable (8 bytes); asking for it again seq=0",
    ]);
  });

  it("takes batch 0 for a whole life where replay does not say what came before", () => {
    const world = liveWorld(3).restart().connect().publish(2).deliver().replay({ kind: "refuse" }).serveFor(3500);
    expect(world.story.filter((line) => !line.includes("replay-failed"))).toEqual([
      "0 warn stale: connection lost (cut) after batch 2; 0 held batches dropped last_seq=2 dropped=0",
      "0 ask 2 from 2",
      "100 ask 3 from 2",
      "300 ask 4 from 2",
      "700 ask 5 from 2",
      "1500 ask 6 from 2",
      "3100 ask 7 from 2",
      "3100 warn replay-unavailable: gave up on replay after 6 attempts (no answer): purging, going on as partial attempts=6 held=2",
      "3100 purge: replay is unavailable: no answer",
      "3100 debug live: live at batch -1 last_seq=-1",
      "3100 apply 0",
      "3100 apply 1",
    ]);
    expect(world.changed).toEqual({
      state: "live",
      connected: true,
      lastSeq: 1,
      receivedBatches: 5,
      appliedBatches: 5,
      appliedEvents: 5,
      blockOperations: 5,
      replays: 7,
      replayFailures: 6,
      purges: 1,
      reconnects: 1,
      credit: 1,
    });
  });

  it("is not fooled by a late copy of an old life after replay was given up without a proof", () => {
    const world = liveWorld(3).cut().connect().publish(1).deliver().replay({ kind: "refuse" }).serveFor(3500);
    world.fromHere().receive(world.existing[1] as Batch);
    expect(world.story).toEqual([
      "3500 warn new-life: batch 1 came where 4 was expected, and there is no replay to ask: purging seq=1",
      "3500 purge: batch 1 came where 4 was expected",
    ]);
  });

  it("knows late copies of its own batches after replay was given up in a gap", () => {
    const world = liveWorld(3).publish(2).lose(1).deliver().replay({ kind: "refuse" }).serveFor(3500);
    world.fromHere().receive(world.existing[1] as Batch);
    expect(world.story).toEqual([]);
    expect(world.status).toMatchObject({ duplicateBatches: 1, purges: 1 });
  });
});

describe("a lost connection", () => {
  it("takes with it the request and what was held", () => {
    const world = liveWorld(2).publish(2).lose(1).deliver().cut();
    expect(world.story).toEqual([
      "0 info gap: gap: batch 2 is missing before 3; asking for replay missing=1 next_seq=2",
      "0 ask 2 from 1",
      "0 cancel 2",
      "0 warn stale: connection lost (cut) after batch 1; 1 held batches dropped last_seq=1 dropped=1",
    ]);
    expect(world.changed).toEqual({
      state: "stale",
      lastSeq: 1,
      receivedBatches: 3,
      appliedBatches: 2,
      droppedBatches: 1,
      appliedEvents: 2,
      blockOperations: 2,
      gaps: 1,
      missingBatches: 1,
      replays: 2,
      credit: 0.5,
    });
  });

  it("is lost once, and not when an earlier one ends late", () => {
    const world = liveWorld(2).cut().connect().serve().fromHere();
    world.session.disconnected(1, "late", world.nowNs);
    expect(world.session.takeActions()).toEqual([]);
    expect(world.status).toMatchObject({ state: "live", connected: true });
    world.cut().fromHere();
    world.session.disconnected(2, "again", world.nowNs + 1e9);
    expect(world.session.takeActions()).toEqual([]);
    expect(world.session.isConnected).toBe(false);
  });

  it("keeps the credit it had for the lease of three seconds", () => {
    const live = liveWorld(2).serveFor(5000).cut();
    expect(live.advance(3000).status.credit).toBe(1);
    expect(live.advance(1).status.credit).toBe(0);
    const gapped = liveWorld(2).publish(2).lose(1).deliver().cut();
    expect(gapped.status.credit).toBe(0.5);
  });

  it("in the pause before another attempt is not asked about any more", () => {
    const world = liveWorld(2).publish(2).lose(1).deliver().replay({ kind: "refuse" }).serve().cut().fromHere();
    expect(world.advance(60_000).story).toEqual([]);
  });
});
