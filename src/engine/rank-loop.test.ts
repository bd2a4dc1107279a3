import { describe, expect, it } from "vitest";
import { type Deferred, deferred, waitFor } from "../base/async.js";
import { systemClock } from "../base/clock.js";
import { silentLogger } from "../base/log.js";
import { EngineCore } from "./cache/engine-core.js";
import type { CacheActivity } from "./cache/engine-types.js";
import { loadHashes } from "./cache/hash-functions.js";
import type { EventPublisher } from "./publisher/event-publisher.js";
import { QuirkQueue } from "./publisher/quirk-queue.js";
import { RankLoop } from "./rank-loop.js";
import { StepPacer } from "./step-pacer.js";

const hashes = await loadHashes("sha256_cbor");

/** Writes down, in order, what the loop does to the outside. */
class World {
  readonly story: string[] = [];
  readonly finished: string[] = [];
  full: Deferred<void> | null = null;
  readonly loop: RankLoop;

  constructor() {
    const publisher: EventPublisher = {
      quirks: new QuirkQueue(),
      published: 0,
      lastBatch: null,
      publish: (activity: CacheActivity) => void this.story.push(activity.events.map(({ type }) => type).join("+")),
      whenRoom: () => this.full?.promise,
      close: () => Promise.resolve(),
    };
    this.loop = new RankLoop({
      rank: 0,
      core: new EngineCore({ model: "m", numGpuBlocks: 64, blockSize: 4 }, hashes),
      publisher,
      pacer: new StepPacer({ prefillTokensPerS: 0, decodeMsPerToken: 0 }, systemClock),
      observer: {
        stepped: () => undefined,
        delivered: () => undefined,
        finished: (_, id, reason) => void this.finished.push(`${id} ${reason}`),
      },
      log: silentLogger,
    });
  }

  submit(id: string, maxTokens: number): void {
    const request = {
      id,
      tokens: Uint32Array.of(1, 2, 3, 4, 5),
      maxTokens,
      adapter: null,
      salt: null,
      nextToken: (i: number) => 10 + i,
    };
    this.loop.submit(request, {
      token: ({ index }) => void this.story.push(`${id}[${index}]`),
      aborted: () => void this.story.push(`${id} aborted`),
    });
  }

  async until(entry: string): Promise<void> {
    await waitFor(() => this.story.includes(entry), { describe: entry, timeoutMs: 2000, intervalMs: 1 });
  }
}

describe("rank loop", () => {
  it("publishes a step's batch before anyone hears the step's tokens", async () => {
    const world = new World();
    world.submit("a", 5);
    await world.until("a[4]");
    expect(world.story).toEqual(["stored", "a[0]", "a[1]", "a[2]", "stored", "a[3]", "a[4]"]);
    expect(world.finished).toEqual(["a length"]);
  });

  it("stands still while the publisher's queue is full: no token, no error", async () => {
    const world = new World();
    const room = deferred();
    world.full = room;
    world.submit("a", 3);
    await world.until("a[0]");
    await new Promise((resolve) => setImmediate(resolve));
    expect(world.story).toEqual(["stored", "a[0]"]);
    world.full = null;
    room.resolve();
    await world.until("a[2]");
  });

  it("does no step while it is paused, and takes up where it stood", async () => {
    const world = new World();
    world.loop.pause();
    world.submit("a", 1);
    await new Promise((resolve) => setImmediate(resolve));
    expect([world.story, world.loop.load]).toEqual([[], 1]);
    world.loop.resume();
    await world.until("a[0]");
    expect(world.loop.load).toBe(0);
  });

  it("tells an aborted request once, and never again", async () => {
    const world = new World();
    world.submit("a", 1000);
    await world.until("a[1]");
    world.loop.abort("a");
    world.loop.abort("a");
    const { length } = world.story;
    world.submit("b", 1);
    await world.until("b[0]");
    expect(world.story.filter((entry) => entry === "a aborted")).toHaveLength(1);
    expect(world.story.slice(length).some((entry) => entry.startsWith("a["))).toBe(false);
    expect(world.finished).toEqual(["a abort", "b length"]);
  });
});
