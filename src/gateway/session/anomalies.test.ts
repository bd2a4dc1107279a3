/** The anomalies of the catalogue that concern one stream, each the shortest way in which it can happen. */
import { describe, expect, it } from "vitest";
import { DEFAULT_SESSION_OPTIONS } from "./options.js";
import { type Batch, World } from "./test-world.js";

const upTo = (n: number): number[] => Array.from({ length: n + 1 }, (_, i) => i);
const liveWorld = (batches: number): World => new World().connect().serve().publish(batches).deliver();

describe("session anomalies", () => {
  it("A-LOST: a lost batch is replayed before anything after it is applied", () => {
    const world = liveWorld(3).publish(2).lose(1).deliver();
    expect(world.status).toMatchObject({ state: "gapped", credit: 0.5, gaps: 1, missingBatches: 1, heldBatches: 1 });
    expect(world.seqs).toEqual(upTo(2));
    world.serve();
    expect(world.seqs).toEqual(upTo(4));
    expect(world.status).toMatchObject({ state: "live", credit: 1, replayedBatches: 1, purges: 0 });
  });

  it("A-RESURRECT: a live batch waits for the replayed ones that came before it", () => {
    const world = new World().publish(5).connect().publish(1).deliver();
    expect(world.seqs).toEqual([]);
    expect(world.serve().seqs).toEqual(upTo(5));
  });

  it("A-SLOWJOIN: batches published before the subscription come by replay", () => {
    const world = new World().publish(20).connect().serve();
    expect(world.seqs).toEqual(upTo(19));
    expect(world.status).toMatchObject({ state: "live", lastSeq: 19, credit: 1 });
  });

  it("A-SLOWJOIN: what was published while the subscription was still on its way is asked for soon, not after the idle time", () => {
    const world = new World().connect().serve();
    world.publish(1).lose(1).advance(DEFAULT_SESSION_OPTIONS.joinAuditMs).serve();
    expect(world.seqs).toEqual([0]);
    expect(world.status).toMatchObject({ state: "live", lastSeq: 0, audits: 1 });
  });

  it("a connection that has shown live batches is not audited early", () => {
    const world = new World().connect().publish(1).deliver().serve();
    expect(world.advance(DEFAULT_SESSION_OPTIONS.joinAuditMs).status).toMatchObject({ state: "live", audits: 0 });
  });

  it("an idle engine that has published nothing is live after one empty answer", () => {
    const world = new World().connect();
    expect(world.status).toMatchObject({ state: "catching-up", credit: 0 });
    expect(world.serve().status).toMatchObject({ state: "live", credit: 1, lastSeq: -1 });
  });

  it("first seen number above 0 is a gap, not a beginning", () => {
    const world = new World().connect().serve().publish(3).lose(2).deliver();
    expect(world.status).toMatchObject({ state: "gapped", missingBatches: 2 });
    expect(world.serve().seqs).toEqual(upTo(2));
  });

  it("A-DUP: a second copy changes nothing and asks nobody", () => {
    const world = liveWorld(4);
    world.receive(world.existing[3] as never).receive(world.existing[1] as never);
    expect(world.status).toMatchObject({ state: "live", duplicateBatches: 2, appliedBatches: 4, purges: 0 });
    expect(world.requests).toEqual([]);
  });

  it("reordered batches are put in order without waiting for the replay", () => {
    const world = liveWorld(1).publish(3);
    world.live.reverse();
    expect(world.deliver().seqs).toEqual(upTo(3));
    expect(world.status).toMatchObject({ state: "live", purges: 0 });
    expect(world.requests).toEqual([]);
  });

  it("A-EPOCH: after a restart nothing of the old life is believed", () => {
    const world = liveWorld(9).restart().publish(2).connect().serve().serve();
    expect(world.view.map((batch) => [batch.life, batch.seq])).toEqual([
      [2, 0],
      [2, 1],
    ]);
    expect(world.status).toMatchObject({ state: "live", lives: 2, purges: 1, lastSeq: 1 });
  });

  it("A-EPOCH: a restarted engine that has published nothing yet holds nothing", () => {
    const world = liveWorld(9).restart().connect().serve();
    expect(world.seqs).toEqual([]);
    expect(world.serve().status).toMatchObject({ state: "live", lives: 2, lastSeq: -1 });
  });

  it("A-EPOCH-EQ: a restart that stands at exactly the same number is fenced", () => {
    const world = liveWorld(5).restart().publish(5).connect().serve().serve();
    expect(world.view.every((batch) => batch.life === 2)).toBe(true);
    expect(world.seqs).toEqual(upTo(4));
    expect(world.status.lives).toBe(2);
  });

  it("A-EPOCH-PAST: a restart that overtook the old number is fenced, though the number looks like a small gap", () => {
    const world = liveWorld(5).restart().publish(7).connect().publish(1).deliver().serve().serve();
    expect(world.view.every((batch) => batch.life === 2)).toBe(true);
    expect(world.seqs).toEqual(upTo(7));
  });

  it("a restart that a relay hides is fenced when the number goes back", () => {
    const world = liveWorld(5).restart(false).publish(1).deliver();
    expect(world.status.state).toBe("catching-up");
    world.serve().serve();
    expect(world.view.map((batch) => [batch.life, batch.seq])).toEqual([[2, 0]]);
  });

  it("a restart that a relay hides and that went on with the number due is fenced when the stream is idle", () => {
    const world = liveWorld(5).restart(false).publish(6).lose(5).deliver();
    expect(world.coincidence).toBe(true);
    world.heal(5);
    expect(world.view.every((batch) => batch.life === 2)).toBe(true);
    expect(world.seqs).toEqual(upTo(5));
  });

  it("A-LATE: frames of an old connection change nothing", () => {
    const world = liveWorld(3).publish(1).cut().connect().serve();
    world.receive(world.existing[3] as never, 1);
    expect(world.status).toMatchObject({ droppedBatches: 1, appliedBatches: 4 });
    expect(world.seqs).toEqual(upTo(3));
  });

  it("answers to a cancelled replay change nothing", () => {
    const world = liveWorld(3).publish(2).lose(1).deliver();
    const stale = world.requests[0]?.round ?? -1;
    world.cut();
    world.session.acceptReplayed(stale, 3, new Uint8Array([0x93]));
    world.session.replayEnded(stale, world.nowNs);
    expect(world.status).toMatchObject({ state: "stale", lastSeq: 2, droppedBatches: 2 });
  });

  it("A-GAP-BURNT: a number that was never sent is given up after three replays without it; the stream goes on, marked", () => {
    const world = liveWorld(3).burn().publish(2).deliver();
    for (let i = 0; i < 20; i++) world.serve().advance(200);
    expect(world.seqs).toEqual([4, 5]);
    expect(world.purges).toHaveLength(1);
    expect(world.status).toMatchObject({ state: "partial", credit: expect.closeTo(0.5, 1) });
    const asked = world.status.replays;
    world.heal(600);
    expect(world.status.replays - asked).toBeLessThanOrEqual(5);
  });

  it("A-GAP-OLD: history older than the ring is marked; what the ring has is applied", () => {
    const world = new World(true, 4).publish(10).connect().serve();
    expect(world.seqs).toEqual([6, 7, 8, 9]);
    expect(world.status).toMatchObject({ state: "partial" });
  });

  it("A-GAP-OLD: a break longer than the ring purges, since removals may be among what was lost", () => {
    const world = new World(true, 4).connect().serve().publish(3).deliver().cut().publish(9).connect().serve();
    expect(world.seqs).toEqual([8, 9, 10, 11]);
    expect(world.purges).toHaveLength(1);
    expect(world.status.state).toBe("partial");
  });

  it("A-HWM: a replay cut short without END is asked again from where it stopped", () => {
    const world = new World().publish(10);
    world.replayMode = { kind: "truncate", after: 4 };
    world.connect().serve();
    expect(world.status).toMatchObject({ state: "catching-up", lastSeq: 3, replayFailures: 1 });
    world.serve().serve();
    expect(world.seqs).toEqual(upTo(9));
  });

  it("A-HWM: END does not excuse holes in a replay", () => {
    const world = new World().publish(12);
    world.replayMode = { kind: "holes", every: 3 };
    world.connect().serve();
    expect(world.seqs).toEqual([0, 1]);
    expect(world.heal(5).seqs).toEqual(upTo(11));
    expect(world.purges).toEqual([]);
  });

  it("a tail that was lost before the engine fell silent is found within two seconds", () => {
    const world = liveWorld(3).publish(2).lose(2);
    expect(world.seqs).toEqual(upTo(2));
    world.advance(1000).serve().advance(1000).serve();
    expect(world.seqs).toEqual(upTo(4));
  });

  it("a batch that several replays in a row lost is had from a later one that has it", () => {
    const world = liveWorld(2).publish(3).lose(1).deliver();
    const [lost] = world.ring.splice(2, 1) as [Batch];
    for (let i = 0; i < 12; i++) world.serve().advance(250);
    expect(world.status.state).toBe("partial");
    world.ring.splice(2, 0, lost);
    expect(world.heal(40).seqs).toEqual(upTo(4));
    expect(world.status.state).toBe("live");
  });

  it("replay that never answers ends in purged and marked, and heals when it answers", () => {
    const world = liveWorld(3).publish(2).lose(1).deliver();
    world.replayMode = { kind: "silent" };
    for (let i = 0; i < 50; i++) world.serve().advance(200);
    expect(world.seqs).toEqual([4]);
    expect(world.status).toMatchObject({ state: "partial", purges: 1 });
    expect(world.heal(60).seqs).toEqual(upTo(4));
    expect(world.status.state).toBe("live");
  });

  it("replay that does not answer at first contact is not taken for an empty history", () => {
    const world = new World().publish(5);
    world.replayMode = { kind: "silent" };
    world.connect();
    const states = new Set<string>();
    for (let i = 0; i < 50; i++) states.add(world.serve().advance(200).status.state);
    expect([...states]).toEqual(["catching-up", "partial"]);
    expect(world.heal(60).seqs).toEqual(upTo(4));
  });

  it("a batch that replay seemed to lack for good is rebuilt when replay has it after all", () => {
    const world = liveWorld(3).publish(3).lose(1).deliver();
    world.replayMode = { kind: "holes", every: 2 };
    for (let i = 0; i < 4; i++) world.serve().advance(200);
    expect(world.status).toMatchObject({ state: "partial", purges: 1 });
    expect(world.heal(30).seqs).toEqual(upTo(5));
    expect(world.status.state).toBe("live");
  });

  it("replay that was down at first contact and then has nothing means an empty engine, and a whole stream", () => {
    const world = new World();
    world.replayMode = { kind: "refuse" };
    world.connect();
    for (let i = 0; i < 40; i++) world.serve().advance(200);
    expect(world.status.state).toBe("partial");
    expect(world.heal(40).status).toMatchObject({ state: "live", credit: 1 });
  });

  it("a stream that began at 0 while replay was down is still checked for a lost tail", () => {
    const world = new World();
    world.replayMode = { kind: "refuse" };
    world.connect();
    for (let i = 0; i < 40; i++) world.serve().advance(200);
    world.publish(3).deliver(1).lose(2);
    expect(world.status.state).toBe("live");
    expect(world.heal(40).seqs).toEqual(upTo(2));
  });

  it("two live copies damaged alike are not the publisher's word: the good one is fetched", () => {
    const world = liveWorld(2).publish(1);
    world.live.push(...world.live);
    world.deliver(2, true);
    expect(world.serve().seqs).toEqual(upTo(2));
    expect(world.status.state).toBe("live");
  });

  it("a number that goes back in the middle of a gap takes the credit away at once", () => {
    const world = liveWorld(5).publish(2).lose(1).deliver();
    world.restart(false).publish(1).deliver();
    expect(world.status).toMatchObject({ state: "catching-up", credit: 0, heldBatches: 1 });
  });

  it("a reconnect after replay was given up rebuilds from the beginning at once", () => {
    const world = liveWorld(3).publish(2).lose(1).deliver();
    world.replayMode = { kind: "refuse" };
    for (let i = 0; i < 60; i++) world.serve().advance(100);
    expect(world.seqs).toEqual([4]);
    world.replayMode = { kind: "ok" };
    expect(world.cut().connect().serve().seqs).toEqual(upTo(4));
  });

  it("an overflow is shed once, counted, and fetched again", () => {
    const world = new World(true, 10_000, { heldBatchesMax: 4 }).connect().serve().publish(9).lose(1).deliver();
    expect(world.status).toMatchObject({ sheds: 1, droppedBatches: 5, heldBatches: 3 });
    expect(world.heal(2).seqs).toEqual(upTo(8));
  });

  it("messages without a readable number are counted and noticed by the next batch", () => {
    const world = liveWorld(2).publish(2).lose(1);
    world.session.malformed();
    expect(world.deliver().serve().seqs).toEqual(upTo(3));
    expect(world.status).toMatchObject({ rejectedBatches: 1, gaps: 1 });
  });

  it("an interrupted catch-up goes on where it stopped", () => {
    const world = new World().publish(10).connect();
    for (const batch of world.ring.slice(0, 6)) {
      world.session.acceptReplayed(world.requests[0]?.round ?? -1, batch.seq, batch.payload);
      world.session.settle({ rejected: false, events: 1, malformedEvents: 0, unknownEvents: 0, blocks: 1 });
    }
    world.cut().connect();
    expect(world.requests.at(-1)?.from).toBe(5);
  });

  it("without a replay endpoint a reconnect purges; batch 0 makes it whole again", () => {
    const world = new World(false).connect().publish(3).deliver();
    expect(world.status).toMatchObject({ state: "live", credit: 1 });
    world.cut().connect();
    expect(world.status).toMatchObject({ state: "partial", purges: 1 });
    world.restart().connect().publish(1).deliver();
    expect(world.status).toMatchObject({ state: "live", lives: 2, lastSeq: 0 });
  });

  it("without a replay endpoint a gap purges and marks", () => {
    const world = new World(false).connect().publish(5).deliver(2).lose(1).deliver();
    expect(world.seqs).toEqual([3, 4]);
    expect(world.status).toMatchObject({ state: "partial", purges: 1, gaps: 1, missingBatches: 1 });
  });

  it("A-HALFOPEN: a silent link keeps its credit for the lease, then has none; partial knowledge fades", () => {
    const world = liveWorld(2).cut();
    expect(world.status).toMatchObject({ state: "stale", credit: 1 });
    expect(world.advance(3001).status.credit).toBe(0);
    const blind = new World(false).connect().publish(2).lose(1).deliver();
    const fresh = blind.status.credit;
    expect(blind.advance(60_000).advance(60_000).status.credit).toBeLessThan(fresh * 0.6);
  });

  it("a publisher without a ring is followed live, without asking it for ever", () => {
    const world = new World(true, 0).publish(7).connect().serve().publish(3);
    for (let i = 0; i < 100; i++) world.publish(1).deliver().serve().advance(200);
    expect(world.status.state).toBe("partial");
    expect(world.view.at(-1)?.seq).toBe(109);
    expect(world.status.replays).toBeLessThan(20);
  });
});

describe("several losses", () => {
  it("one that can be had again is had, whatever became of an earlier one", () => {
    const world = liveWorld(2).burn().publish(2).deliver();
    for (let i = 0; i < 8; i++) world.serve().advance(100);
    expect(world.status.state).toBe("partial");
    world.publish(2).lose(1).deliver();
    const [lost] = world.ring.splice(4, 1) as [Batch];
    for (let i = 0; i < 8; i++) world.serve().advance(100);
    world.ring.splice(4, 0, lost);
    expect(world.seqs).toEqual([6]);
    expect(world.heal(60).seqs).toEqual([3, 4, 5, 6]);
  });

  it("a publisher that answers and lacks some numbers is not taken for one that does not answer", () => {
    const world = liveWorld(2);
    for (let hole = 0; hole < 5; hole++) world.burn().publish(2);
    world.deliver();
    for (let i = 0; i < 80; i++) world.serve().advance(100);
    expect(world.lines.filter((line) => line.startsWith("warn replay-unavailable"))).toEqual([]);
    expect(world.status.state).toBe("partial");
  });
});
