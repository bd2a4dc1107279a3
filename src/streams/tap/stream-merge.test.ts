/** The recorder's word that a stream is whole is only worth what this merge does with losses, late joins and restarts. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TraceRecord } from "../trace/trace-records.js";
import { StreamMerge, type ArrivedBatch } from "./stream-merge.js";

/** A publisher that numbers its batches and keeps the last `ring` of them. */
class World {
  readonly records: TraceRecord[] = [];
  readonly merge: StreamMerge;
  life = 1;
  published: string[] = [];
  ring = 1000;
  answers = true;

  constructor(replayable = true) {
    this.merge = new StreamMerge(0, replayable, { record: (record) => void this.records.push(record) });
  }

  /** Publishes one batch; `heard` = it arrives live. */
  publish(heard = true): void {
    const seq = this.published.length;
    this.published.push(`life ${this.life} batch ${seq}`);
    if (heard) this.merge.live(this.batch(seq));
  }
  restart(): void {
    this.life++;
    this.published = [];
  }
  batch(seq: number): ArrivedBatch {
    return { seq, topic: "t", payload: Buffer.from(this.published[seq] as string), atUs: 0 };
  }
  /** Serves the replays that are wanted. `lose` = sequence numbers that do not arrive. */
  serve(lose: (seq: number) => boolean = () => false, rounds = 50): void {
    for (let round = this.merge.round; round !== null && rounds > 0; round = this.merge.round, rounds--) {
      if (!this.answers) {
        this.merge.roundEnded(round, "silent", 0);
        continue;
      }
      const oldest = Math.max(round.from, this.published.length - this.ring);
      for (let seq = oldest; seq < this.published.length; seq++)
        if (!lose(seq)) this.merge.reply(round, this.batch(seq));
      this.merge.roundEnded(round, "end", 0);
    }
  }

  /** `1:0r 1:1 hole2-3 2:0`: life, number, r = by replay. */
  get told(): string {
    return this.records
      .flatMap((record) => {
        if (record.kind === "batch") {
          const its = Buffer.from(record.payload).toString() === `life ${record.life} batch ${record.seq}`;
          return [`${record.life}:${record.seq}${record.via === "replay" ? "r" : ""}${its ? "" : " with other bytes"}`];
        }
        return record.kind === "hole" ? [`${record.life}:hole${record.from}-${record.to}`] : [];
      })
      .join(" ");
  }
  get lives(): string[] {
    return this.records.flatMap((record) => (record.kind === "life" ? [record.why] : []));
  }
}

describe("live and replay, merged", () => {
  it("fetches what was published before the recording, and then what the slow joiner missed", () => {
    const world = new World();
    world.publish(false);
    world.publish(false);
    world.serve();
    world.publish(false);
    world.publish();
    world.serve();
    expect(world.told).toBe("1:0r 1:1r 1:2r 1:3r");
    world.publish();
    expect(world.told).toBe("1:0r 1:1r 1:2r 1:3r 1:4");
  });

  it("misses nothing of a publisher that had published nothing when it was asked", () => {
    const world = new World();
    world.serve();
    world.publish(false);
    world.publish();
    world.serve();
    expect(world.told).toBe("1:0r 1:1r");
  });

  it("finds what no later batch would have shown, when it looks at the end", () => {
    const world = new World();
    world.serve();
    world.publish(false);
    world.merge.check();
    world.serve();
    expect(world.told).toBe("1:0r");
  });

  it("asks again from the first missing number when a replay has holes, END or not", () => {
    const world = new World();
    for (let i = 0; i < 6; i++) world.publish(false);
    const lost = new Set([2, 4]);
    world.serve((seq) => lost.delete(seq));
    expect(world.told).toBe("1:0r 1:1r 1:2r 1:3r 1:4r 1:5r");
  });

  it("names a hole that nobody can fill, and goes on", () => {
    const world = new World();
    world.publish(false);
    world.serve();
    for (let i = 0; i < 3; i++) world.publish(false);
    world.ring = 1;
    world.publish();
    world.serve();
    expect(world.told).toBe("1:0r 1:hole1-3 1:4r");
    world.publish();
    expect(world.told).toMatch(/1:5$/);
  });

  it("takes what it hears when the replay endpoint is dead, with the hole named", () => {
    const world = new World();
    world.answers = false;
    world.publish(false);
    world.publish();
    world.serve();
    world.publish(false);
    world.publish();
    world.serve();
    expect(world.told).toBe("1:1 1:hole2-2 1:3");
  });

  it("without replay begins where it joins, and names every hole", () => {
    const world = new World(false);
    world.publish(false);
    world.publish();
    world.publish(false);
    world.publish();
    expect(world.told).toBe("1:1 1:hole2-2 1:3");
  });

  it("begins a new life when the numbers go back, and asks for its beginning", () => {
    const world = new World();
    world.serve();
    world.publish();
    world.publish();
    world.restart();
    world.publish(false);
    world.publish();
    world.serve();
    expect(world.told).toBe("1:0 1:1 2:0r 2:1r");
  });

  it("sees a restart that numbers alone would hide, when it looks after the reconnect", () => {
    const world = new World();
    world.serve();
    world.publish();
    world.restart();
    world.publish(false);
    world.publish(false);
    world.merge.check();
    world.publish();
    world.serve();
    expect(world.told).toBe("1:0 2:0r 2:1r 2:2r");
    expect(world.lives[1]).toBe("number 0 came again with other bytes");
  });

  it("sees a restart of a publisher that is silent since", () => {
    const world = new World();
    world.serve();
    world.publish();
    world.publish();
    world.restart();
    world.merge.check();
    world.serve();
    world.publish(false);
    world.publish();
    world.serve();
    expect(world.told).toBe("1:0 1:1 2:0r 2:1r");
  });

  it("counts a batch that came twice once", () => {
    const world = new World();
    world.serve();
    world.publish();
    world.merge.live(world.batch(0));
    expect(world.told).toBe("1:0");
    expect(world.merge.counters.duplicates).toBe(1);
  });

  it("keeps what is no batch as it came", () => {
    const world = new World();
    world.merge.odd([Buffer.from("x")], "1 frame", 5);
    expect(world.records.at(-1)).toMatchObject({ kind: "odd", problem: "1 frame" });
  });

  it("is gapless in every life that a replay reaches, whatever is lost and whenever it restarts", () => {
    const step = fc.constantFrom("heard", "heard", "missed", "restart", "serve", "lossy", "check");
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 60 }),
        fc.array(fc.nat({ max: 9 }), { maxLength: 10 }),
        (steps, losses) => {
          const world = new World();
          const lossy = new Set(losses);
          for (const what of steps) {
            if (what === "restart") {
              // As over sockets: the connection breaks, and both sides know.
              world.serve();
              world.restart();
              world.merge.check();
            } else if (what === "serve") world.serve();
            else if (what === "lossy") world.serve((seq) => lossy.delete(seq));
            else if (what === "check") world.merge.check();
            else world.publish(what === "heard");
          }
          world.merge.check();
          world.serve();
          world.merge.check();
          world.serve();
          expect(world.merge.round).toBeNull();
          expect(world.records.filter((record) => record.kind === "hole")).toEqual([]);
          const batches = world.records.filter((record) => record.kind === "batch");
          for (const [i, { life, seq }] of batches.entries()) {
            const before = batches[i - 1];
            expect(seq).toBe(before?.life === life ? before.seq + 1 : 0);
          }
          const last = batches.filter(({ payload }) =>
            Buffer.from(payload).toString().startsWith(`life ${world.life} `),
          );
          expect(last.map(({ payload }) => Buffer.from(payload).toString())).toEqual(world.published);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
