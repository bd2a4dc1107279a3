/** A-POISON: batches that cannot be read, by the publisher's fault or the link's. */
import { describe, expect, it } from "vitest";
import { type Batch, World } from "./test-world.js";

const upTo = (n: number): number[] => Array.from({ length: n + 1 }, (_, i) => i);
const liveWorld = (batches: number): World => new World().connect().serve().publish(batches).deliver();

describe("undecodable batches", () => {
  it("a batch damaged on the way is fetched again", () => {
    const world = liveWorld(2).publish(1).deliver(1, true);
    expect(world.status).toMatchObject({ state: "gapped", rejectedBatches: 1 });
    expect(world.serve().seqs).toEqual(upTo(2));
    expect(world.status).toMatchObject({ state: "live", purges: 0 });
  });

  it("a batch undecodable at its source costs that batch and a mark, nothing else", () => {
    const world = liveWorld(2).publish(1, true).publish(1).deliver().serve();
    for (let i = 0; i < 10; i++) world.advance(200).serve();
    expect(world.seqs).toEqual([0, 1, 3]);
    expect(world.status).toMatchObject({ state: "partial", purges: 0 });
  });

  it("a batch that the link damaged in every copy is had once the link is sound again", () => {
    const world = liveWorld(2).publish(2).deliver(1, true);
    for (const length of [3, 4, 5]) {
      const original = world.ring[2] as Batch;
      world.ring[2] = { ...original, payload: Uint8Array.from({ length }, () => 0xc1) };
      world.serve().advance(500);
      world.ring[2] = original;
    }
    world.deliver();
    expect(world.seqs).toEqual([0, 1, 3]);
    expect(world.status.state).toBe("partial");
    expect(world.heal(10).seqs).toEqual(upTo(3));
    expect(world.status).toMatchObject({ state: "live", purges: 1 });
  });

  it("a batch undecodable at its source is asked for a few times more, and nothing is purged for it", () => {
    const world = liveWorld(2).publish(1, true).publish(1).deliver().serve();
    world.heal(120);
    expect(world.status).toMatchObject({ state: "partial", purges: 0 });
    expect(world.seqs).toEqual([0, 1, 3]);
    expect(world.status.replays).toBeLessThan(12);
  });

  it("once no readable copy can come any more, what the damaged batch may have removed is not believed on", () => {
    const world = new World(true, 4).connect().serve().publish(4).deliver(2).deliver(1, true);
    for (const length of [3, 4, 5]) {
      const original = world.ring[2] as Batch;
      world.ring[2] = { ...original, payload: Uint8Array.from({ length }, () => 0xc1) };
      world.serve().advance(500);
      world.ring[2] = original;
    }
    world.deliver().publish(4).deliver();
    expect(world.seqs).toEqual([0, 1, 3, 4, 5, 6, 7]);
    expect(world.heal(10).seqs).toEqual([4, 5, 6, 7]);
    expect(world.status).toMatchObject({ state: "partial", purges: 1 });
    expect(world.heal(120).status.purges).toBe(1);
  });

  it("without a replay endpoint, what an undecodable batch may have removed is not believed on", () => {
    const world = new World(false).connect().publish(4).deliver(2).deliver(1, true).deliver();
    expect(world.seqs).toEqual([3]);
    expect(world.status).toMatchObject({ state: "partial", purges: 1 });
  });

  it("events that are passed over one by one leave a line that says in which batch", () => {
    const world = liveWorld(2).publish(1);
    const seq = 2;
    world.session.accept(1, seq, world.existing[seq]?.payload ?? new Uint8Array());
    world.session.settle({ rejected: false, events: 1, malformedEvents: 2, unknownEvents: 1, blocks: 1 });
    const said = world.session.takeActions().flatMap((action) => (action.type === "log" ? [action] : []));
    expect(said.map(({ level, message }) => `${level}: ${message}`)).toEqual([
      "warn: batch 2: 2 malformed events skipped, the rest applied",
      "info: batch 2: 1 events of unknown type passed over",
    ]);
  });

  it("the events before the damage are part of what a purge forgets, also when nothing else was applied", () => {
    const world = new World(false).connect().publish(1);
    const batch = world.existing[0] as Batch;
    world.session.accept(1, batch.seq, batch.payload);
    world.session.settle({ rejected: true, events: 2, malformedEvents: 0, unknownEvents: 0, blocks: 3 });
    expect(world.session.takeActions().filter(({ type }) => type === "purge")).toHaveLength(1);
  });

  it("a copy that the link damaged counts as one failure to send it, however much else its replay brought", () => {
    const world = liveWorld(2).publish(3).deliver(1, true).deliver();
    const original = world.ring[2] as Batch;
    for (const length of [3, 4]) {
      world.ring[2] = { ...original, payload: new Uint8Array(length).fill(0xc1) };
      world.serve().advance(400);
    }
    expect(world.status).toMatchObject({ state: "gapped", heldBatches: 2, rejectedBatches: 3 });
    world.ring[2] = original;
    expect(world.serve().seqs).toEqual(upTo(4));
    expect(world.status).toMatchObject({ state: "live", purges: 0 });
  });
});
