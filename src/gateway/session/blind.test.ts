/** A stream that nobody can be asked about: what is believed of it follows from its live batches alone. */
import { describe, expect, it } from "vitest";
import { World } from "./test-world.js";

describe("without a replay endpoint", () => {
  const blindWorld = (): World => new World(false).connect().fromHere();

  it("the first life begins with the first connection", () => {
    const world = blindWorld().publish(2).deliver();
    expect(world.story).toEqual(["0 apply 0", "0 apply 1"]);
    expect(world.changed).toEqual({
      state: "live",
      connected: true,
      lastSeq: 1,
      receivedBatches: 2,
      appliedBatches: 2,
      appliedEvents: 2,
      blockOperations: 2,
      credit: 1,
    });
  });

  it("batch 0 begins another life after a break, and only once", () => {
    const world = blindWorld().publish(2).deliver().restart().connect().publish(2).deliver();
    expect(world.story).toEqual([
      "0 apply 0",
      "0 apply 1",
      "0 warn stale: connection lost (cut) after batch 1; 0 held batches dropped last_seq=1 dropped=0",
      "0 warn reconnected-blind: reconnected without a replay endpoint: purging, a restart cannot be excluded",
      "0 purge: reconnected without a replay endpoint",
      "0 debug partial: partial at batch -1 last_seq=-1",
      "0 apply 0",
      "0 apply 1",
    ]);
    expect(world.changed).toEqual({
      state: "live",
      connected: true,
      lastSeq: 1,
      lives: 2,
      receivedBatches: 4,
      appliedBatches: 4,
      appliedEvents: 4,
      blockOperations: 4,
      purges: 1,
      reconnects: 1,
      credit: 1,
    });
  });

  it("a break during which nothing restarted is no new life, and nothing from before it is believed", () => {
    const world = blindWorld().publish(2).deliver().cut().connect().publish(2).deliver();
    expect(world.story).toEqual([
      "0 apply 0",
      "0 apply 1",
      "0 warn stale: connection lost (cut) after batch 1; 0 held batches dropped last_seq=1 dropped=0",
      "0 warn reconnected-blind: reconnected without a replay endpoint: purging, a restart cannot be excluded",
      "0 purge: reconnected without a replay endpoint",
      "0 debug partial: partial at batch -1 last_seq=-1",
      "0 apply 2",
      "0 apply 3",
    ]);
    expect(world.changed).toEqual({
      state: "partial",
      connected: true,
      lastSeq: 3,
      receivedBatches: 4,
      appliedBatches: 4,
      appliedEvents: 4,
      blockOperations: 4,
      purges: 1,
      reconnects: 1,
      credit: 0.5,
    });
  });

  it("a second break purges nothing when nothing came since the first", () => {
    const world = blindWorld().publish(2).deliver().cut().connect().cut().fromHere().connect();
    expect(world.story).toEqual(["0 debug partial: partial at batch -1 last_seq=-1"]);
    expect(world.status.purges).toBe(1);
  });
});
