/** What an operator reads of a stream that went wrong, and why a picture was thrown away: every line, whole. */
import { describe, expect, it } from "vitest";
import { type Batch, World } from "./test-world.js";

const liveWorld = (batches: number): World => new World().connect().serve().publish(batches).deliver();

/** Replay is silent until it is given up; batches 0..2 and 4 were published and delivered. */
function withoutReplay(): World {
  const world = liveWorld(3).publish(2).lose(1).deliver();
  world.replayMode = { kind: "silent" };
  return serving(world, 50, 200);
}

function serving(world: World, times: number, everyMs: number): World {
  for (let i = 0; i < times; i++) world.serve().advance(everyMs);
  return world;
}

function truncated(world: World): World {
  world.replayMode = { kind: "truncate", after: 4 };
  return world;
}

/** The publisher forgets batch 2 and everything later. */
function shortRing(world: World): World {
  world.ring.splice(2);
  return world;
}

/** The replay's copy of batch 2 is damaged three times, in three ways. */
function damagedInEveryCopy(world: World): World {
  for (const length of [3, 4, 5]) {
    const original = world.ring[2] as Batch;
    world.ring[2] = { ...original, payload: Uint8Array.from({ length }, () => 0xc1) };
    world.serve().advance(500);
    world.ring[2] = original;
  }
  return world.deliver();
}

interface Story {
  readonly what: string;
  readonly world: () => World;
  readonly lines: readonly string[];
  readonly purges?: readonly string[];
}

/** What {@link withoutReplay} leaves. */
const GIVEN_UP = [
  "debug live: live at batch -1 last_seq=-1",
  "info gap: gap: batch 3 is missing before 4; asking for replay missing=1 next_seq=3",
  ...Array.from(
    { length: 6 },
    () => "warn replay-failed: replay from 2 failed after 0 batches: no answer from=2 replies=0",
  ),
  "warn replay-unavailable: gave up on replay after 6 attempts (no answer): purging, going on as partial attempts=6 held=1",
  "debug partial: partial at batch -1 last_seq=-1",
  ...Array.from(
    { length: 2 },
    () => "debug replay-failed: replay from 0 failed after 0 batches: no answer from=0 replies=0",
  ),
];

const STORIES: readonly Story[] = [
  {
    what: "batches that went missing",
    world: () => liveWorld(3).publish(3).lose(2).deliver().serve(),
    lines: [
      "debug live: live at batch -1 last_seq=-1",
      "info gap: gap: batches 3..4 (2) are missing before 5; asking for replay missing=2 next_seq=3",
      "debug live: live at batch 5 last_seq=5",
    ],
  },
  {
    what: "one batch that went missing",
    world: () => liveWorld(3).publish(2).lose(1).deliver(),
    lines: [
      "debug live: live at batch -1 last_seq=-1",
      "info gap: gap: batch 3 is missing before 4; asking for replay missing=1 next_seq=3",
    ],
  },
  {
    what: "a restart",
    world: () => liveWorld(9).restart().publish(2).connect().serve().serve(),
    lines: [
      "debug live: live at batch -1 last_seq=-1",
      "warn stale: connection lost (cut) after batch 8; 0 held batches dropped last_seq=8 dropped=0",
      "warn new-life: the publisher restarted (it no longer has batch 8): purging and rebuilding from batch 0 last_seq=8 life=2",
      "debug live: live at batch 1 last_seq=1",
    ],
    purges: ["publisher restarted: it no longer has batch 8"],
  },
  {
    what: "a restart that reached the old number",
    world: () => liveWorld(9).restart().publish(9).connect().serve().serve(),
    lines: [
      "debug live: live at batch -1 last_seq=-1",
      "warn stale: connection lost (cut) after batch 8; 0 held batches dropped last_seq=8 dropped=0",
      "warn new-life: the publisher restarted (its batch 8 has other bytes than the one applied): purging and rebuilding from batch 0 last_seq=8 life=2",
      "debug live: live at batch 8 last_seq=8",
    ],
    purges: ["publisher restarted: its batch 8 has other bytes than the one applied"],
  },
  {
    what: "a restart that a relay hid",
    world: () => liveWorld(5).restart(false).publish(1).deliver().serve().serve(),
    lines: [
      "debug live: live at batch -1 last_seq=-1",
      "warn backwards: batch 0 came where 5 was expected; asking which life this is seq=0 expected=5",
      "warn new-life: the publisher restarted (it no longer has batch 4): purging and rebuilding from batch 0 last_seq=4 life=2",
      "debug live: live at batch 0 last_seq=0",
    ],
    purges: ["publisher restarted: it no longer has batch 4"],
  },
  {
    what: "a number that was never sent",
    world: () => serving(liveWorld(3).burn().publish(2).deliver(), 20, 200),
    lines: [
      "debug live: live at batch -1 last_seq=-1",
      "info gap: gap: batch 3 is missing before 4; asking for replay missing=1 next_seq=3",
      "warn skipped: batch 3 is lost (the publisher replayed later ones 3 times, but not these; purged); going on from 4 as partial from=3 to=3",
      "debug partial: partial at batch 5 last_seq=5",
    ],
    purges: ["batch 3 is lost: the publisher replayed later ones 3 times, but not these"],
  },
  {
    what: "history older than the ring",
    world: () => new World(true, 4).publish(10).connect().serve(),
    lines: [
      "info history-lost: the publisher's replay begins at batch 6: batches 0..5 (6) are not to be had seq=6",
      "debug partial: partial at batch 9 last_seq=9",
    ],
  },
  {
    what: "a break longer than the ring",
    world: () => new World(true, 4).connect().serve().publish(3).deliver().cut().publish(9).connect().serve(),
    lines: [
      "debug live: live at batch -1 last_seq=-1",
      "warn stale: connection lost (cut) after batch 2; 0 held batches dropped last_seq=2 dropped=0",
      "info history-lost: the publisher's replay begins at batch 8: batches 0..7 (8) are not to be had seq=8",
      "debug partial: partial at batch 11 last_seq=11",
    ],
    purges: ["the publisher no longer has batch 2, which would prove that it did not restart"],
  },
  {
    what: "a replay cut short",
    world: () => truncated(new World().publish(10)).connect().serve(),
    lines: ["warn replay-failed: replay from 0 failed after 4 batches: no answer from=0 replies=4"],
  },
  {
    what: "a replay that does not answer, and then does",
    world: () => withoutReplay().heal(10),
    lines: [
      ...GIVEN_UP,
      "info rebuild: replay offers batch 0 of what was missing: purging and rebuilding from=0",
      "debug live: live at batch 4 last_seq=4",
    ],
    purges: ["replay is unavailable: no answer", "rebuilding from a more complete replay"],
  },
  {
    what: "a replay that ends too early",
    world: () => serving(shortRing(liveWorld(2).publish(3).lose(1).deliver()), 60, 200),
    lines: [
      "debug live: live at batch -1 last_seq=-1",
      "info gap: gap: batch 2 is missing before 3; asking for replay missing=1 next_seq=2",
      "warn replay-unavailable: gave up on replay after 6 attempts (it ends before batch 3, which was published): purging, going on as partial attempts=6 held=2",
      "debug partial: partial at batch -1 last_seq=-1",
      "info rebuild: replay offers batch 0 of what was missing: purging and rebuilding from=0",
      "debug live: live at batch 1 last_seq=1",
    ],
    purges: [
      "replay is unavailable: it ends before batch 3, which was published",
      "rebuilding from a more complete replay",
    ],
  },
  {
    what: "a gap while replay is down",
    world: () => withoutReplay().publish(2).lose(1).deliver(),
    lines: [
      ...GIVEN_UP,
      "warn skipped: batch 5 is lost (replay is down; purged); going on from 6 as partial from=5 to=5",
    ],
    purges: ["replay is unavailable: no answer", "batch 5 is lost: replay is down"],
  },
  {
    what: "a number that goes back while replay is down",
    world: () => withoutReplay().restart(false).publish(2).lose(1).deliver(),
    lines: [
      ...GIVEN_UP,
      "warn new-life: batch 1 came where 5 was expected, and there is no replay to ask: purging seq=1",
    ],
    purges: ["replay is unavailable: no answer", "batch 1 came where 5 was expected"],
  },
  {
    what: "more held batches than the limit",
    world: () => new World(true, 10_000, { heldBatchesMax: 4 }).connect().serve().publish(9).lose(1).deliver(),
    lines: [
      "debug live: live at batch -1 last_seq=-1",
      "info gap: gap: batch 0 is missing before 1; asking for replay missing=1 next_seq=0",
      "warn shed: 4 held batches (32 bytes) reached the limit: shed, to be fetched again by replay count=4",
    ],
  },
  {
    what: "a reconnect without a replay endpoint",
    world: () => new World(false).connect().publish(3).deliver().cut().connect(),
    lines: [
      "debug partial: partial at batch -1 last_seq=-1",
      "warn stale: connection lost (cut) after batch 2; 0 held batches dropped last_seq=2 dropped=0",
      "warn reconnected-blind: reconnected without a replay endpoint: purging, a restart cannot be excluded",
      "debug partial: partial at batch -1 last_seq=-1",
    ],
    purges: ["reconnected without a replay endpoint"],
  },
  {
    what: "a gap without a replay endpoint",
    world: () => new World(false).connect().publish(5).deliver(2).lose(1).deliver(),
    lines: [
      "debug partial: partial at batch -1 last_seq=-1",
      "warn skipped: batch 2 is lost (no replay endpoint; purged); going on from 3 as partial from=2 to=2",
    ],
    purges: ["batch 2 is lost: no replay endpoint"],
  },
  {
    what: "a number that goes back without a replay endpoint",
    world: () => new World(false).connect().publish(3).deliver().restart(false).publish(2).lose(1).deliver(),
    lines: [
      "debug partial: partial at batch -1 last_seq=-1",
      "warn new-life: batch 1 came where 3 was expected, and there is no replay to ask: purging seq=1",
    ],
    purges: ["batch 1 came where 3 was expected"],
  },
  {
    what: "a connection lost in a gap",
    world: () => liveWorld(3).publish(3).lose(1).deliver().cut(),
    lines: [
      "debug live: live at batch -1 last_seq=-1",
      "info gap: gap: batch 3 is missing before 4; asking for replay missing=1 next_seq=3",
      "warn stale: connection lost (cut) after batch 2; 2 held batches dropped last_seq=2 dropped=2",
    ],
  },
  {
    what: "a batch undecodable at its source",
    world: () => serving(liveWorld(2).publish(1, true).publish(1).deliver().serve(), 10, 200),
    lines: [
      "debug live: live at batch -1 last_seq=-1",
      "warn undecodable: batch 2 is undecodable (8 bytes); asking for it again seq=2",
      "warn skipped: batch 2 is lost (undecodable); going on from 3 as partial from=2 to=2",
      "debug partial: partial at batch 3 last_seq=3",
    ],
  },
  {
    what: "a batch undecodable, and no replay endpoint",
    world: () => new World(false).connect().publish(4).deliver(2).deliver(1, true).deliver(),
    lines: [
      "debug partial: partial at batch -1 last_seq=-1",
      "warn skipped: batch 2 is lost (undecodable, and there is no replay endpoint; purged); going on from 3 as partial from=2 to=2",
    ],
    purges: ["batch 2 is lost: undecodable, and there is no replay endpoint"],
  },
  {
    what: "a batch damaged in every copy, and had in the end",
    world: () => damagedInEveryCopy(liveWorld(2).publish(2).deliver(1, true)).heal(10),
    lines: [
      "debug live: live at batch -1 last_seq=-1",
      "warn undecodable: batch 2 is undecodable (8 bytes); asking for it again seq=2",
      "warn undecodable: batch 2 is undecodable (3 bytes); asking for it again seq=2",
      "warn undecodable: batch 2 is undecodable (4 bytes); asking for it again seq=2",
      "warn skipped: batch 2 is lost (undecodable); going on from 3 as partial from=2 to=2",
      "debug partial: partial at batch 3 last_seq=3",
      "info rebuild: replay offers batch 2 of what was missing: purging and rebuilding from=2",
      "debug live: live at batch 3 last_seq=3",
    ],
    purges: ["rebuilding from a more complete replay"],
  },
  {
    what: "a damaged batch that has left the ring",
    world: () =>
      damagedInEveryCopy(new World(true, 4).connect().serve().publish(4).deliver(2).deliver(1, true))
        .publish(4)
        .deliver()
        .heal(10),
    lines: [
      "debug live: live at batch -1 last_seq=-1",
      "warn undecodable: batch 2 is undecodable (8 bytes); asking for it again seq=2",
      "warn undecodable: batch 2 is undecodable (3 bytes); asking for it again seq=2",
      "warn undecodable: batch 2 is undecodable (4 bytes); asking for it again seq=2",
      "warn skipped: batch 2 is lost (undecodable); going on from 3 as partial from=2 to=2",
      "debug partial: partial at batch 3 last_seq=3",
      "info rebuild: replay begins at batch 4: no readable copy will come of what was damaged before: purging and rebuilding from=2",
      "info history-lost: the publisher's replay begins at batch 4: batches 0..3 (4) are not to be had seq=4",
      "debug partial: partial at batch 7 last_seq=7",
    ],
    purges: ["rebuilding from a more complete replay"],
  },
];

describe("what a session says", () => {
  it.each(STORIES)("$what", ({ world, lines, purges = [] }) => {
    const told = world();
    expect(told.lines).toEqual(lines);
    expect(told.purges).toEqual(purges);
  });
});
