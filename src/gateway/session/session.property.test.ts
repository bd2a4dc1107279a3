import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ReplayMode, World } from "./test-world.js";

type Step = (world: World) => unknown;

const step = (name: string, act: Step): { name: string; act: Step } => ({ name, act });
const small = fc.integer({ min: 1, max: 6 });

const calm = [
  { weight: 6, arbitrary: small.map((n) => step(`publish ${n}`, (w) => w.publish(n))) },
  { weight: 6, arbitrary: small.map((n) => step(`deliver ${n}`, (w) => w.deliver(n))) },
  { weight: 4, arbitrary: fc.constant(step("serve", (w) => w.serve())) },
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 3000 }).map((ms) => step(`advance ${ms}`, (w) => w.advance(ms))) },
  { weight: 3, arbitrary: fc.constant(step("connect", (w) => w.connect())) },
];

const linkFaults = [
  { weight: 2, arbitrary: small.map((n) => step(`lose ${n}`, (w) => w.lose(n))) },
  { weight: 2, arbitrary: fc.constant(step("cut", (w) => w.cut())) },
  { weight: 1, arbitrary: fc.constant(step("duplicate", (w) => w.live.push(...w.live.slice(-1)))) },
  {
    weight: 1,
    arbitrary: fc.constant(step("late copy", (w) => w.existing[0] && w.connectedNow && w.receive(w.existing[0]))),
  },
  { weight: 1, arbitrary: fc.constant(step("reorder", (w) => w.live.reverse())) },
  { weight: 1, arbitrary: fc.constant(step("damage", (w) => w.deliver(1, true))) },
  { weight: 1, arbitrary: fc.constant(step("restart", (w) => w.restart())) },
];

const replayFaults = [
  { weight: 1, arbitrary: small.map((after) => mode({ kind: "truncate", after })) },
  {
    weight: 1,
    arbitrary: fc.constantFrom("ok", "refuse", "silent", "no-end").map((kind) => mode({ kind } as ReplayMode)),
  },
];

function mode(replay: ReplayMode): { name: string; act: Step } {
  return step(`replay ${JSON.stringify(replay)}`, (w) => {
    w.replayMode = replay;
  });
}

const anything = { minLength: 5, maxLength: 60 };
const runs = { numRuns: Number(process.env.KVPROOF_PROPERTY_RUNS ?? 1500) };

function play(world: World, steps: readonly { act: Step }[]): World {
  for (const { act } of steps) act(world);
  return world;
}

describe("session against a naive publisher", () => {
  it("ends with exactly the publisher's batches, in order and once, whatever was lost, doubled, cut or restarted", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(...calm, ...linkFaults, ...replayFaults), anything), (steps) => {
        const world = play(new World(), steps).heal();
        expect(world.seqs).toEqual(world.existing.map((batch) => batch.seq));
        expect(world.view.every((batch) => batch.life === world.life)).toBe(true);
        expect(world.status).toMatchObject({ state: "live", credit: 1, heldBatches: 0 });
      }),
      runs,
    );
  });

  it("claims completeness only when it is complete: burnt numbers, a small ring, replays with holes", () => {
    const burns = [
      { weight: 1, arbitrary: fc.constant(step("burn", (w) => w.burn())) },
      { weight: 1, arbitrary: fc.integer({ min: 2, max: 5 }).map((every) => mode({ kind: "holes", every })) },
    ];
    fc.assert(
      fc.property(
        fc.array(fc.oneof(...calm, ...linkFaults, ...replayFaults, ...burns), anything),
        small,
        (steps, ring) => {
          const world = play(new World(true, ring * 3), steps).heal();
          const all = world.existing.map((batch) => batch.seq);
          const complete = world.view.length === (all.at(-1) ?? -1) + 1;
          const from = world.seqs[0] ?? Number.POSITIVE_INFINITY;
          const missing = all.filter((seq) => seq >= from && !world.seqs.includes(seq));
          expect(missing.filter((seq) => !world.undecodable.has(seq))).toEqual([]);
          const claimed = world.status.state;
          expect(["live", "partial"]).toContain(claimed);
          expect(claimed === "live" && world.view.length > 0 && !complete).toBe(false);
          expect(world.view.at(-1)?.seq ?? -1).toBe(all.at(-1) ?? -1);
        },
      ),
      runs,
    );
  });

  it("finds a restart that a relay hid, unless it went on with exactly the number that was due", () => {
    const hidden = [{ weight: 2, arbitrary: fc.constant(step("hidden restart", (w) => w.restart(false))) }];
    fc.assert(
      fc.property(fc.array(fc.oneof(...calm, ...linkFaults, ...hidden), anything), (steps) => {
        const world = play(new World(), steps).heal();
        if (world.coincidence) return;
        expect(world.seqs).toEqual(world.existing.map((batch) => batch.seq));
        expect(world.view.every((batch) => batch.life === world.life)).toBe(true);
      }),
      runs,
    );
  });

  it("without a replay endpoint believes a contiguous end of one life and marks it partial unless it begins at 0", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(...calm, ...linkFaults), anything), (steps) => {
        const world = play(new World(false), steps).heal(5);
        const first = world.view[0];
        const claimed = world.status.state;
        expect(["live", "partial"]).toContain(claimed);
        expect(claimed === "live" && first !== undefined && first.seq !== 0).toBe(false);
        expect(world.view.every((batch) => batch.life === first?.life)).toBe(true);
      }),
      runs,
    );
  });

  it("never holds more than its limits and loses nothing by shedding", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(...calm, ...linkFaults), anything), (steps) => {
        const world = new World(true, 10_000, { heldBatchesMax: 3 });
        for (const { act } of steps) {
          act(world);
          expect(world.status.heldBatches).toBeLessThanOrEqual(3);
        }
        world.heal();
        expect(world.seqs).toEqual(world.existing.map((batch) => batch.seq));
      }),
      runs,
    );
  });
});
