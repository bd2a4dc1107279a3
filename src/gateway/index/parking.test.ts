/** Blocks that wait for their parents: found by their own hash and by their parent's, oldest first. */
import { describe, expect, it } from "vitest";
import { Rng } from "../../base/rng.js";
import { Contexts } from "./contexts.js";
import { Holder, Lane } from "./holder.js";
import { agrees, Parking, type ParkedBlock } from "./parking.js";

const contexts = new Contexts(new Rng(1));
function aHolder(): Holder {
  return new Holder(1, { engine: "a", rank: 0, model: "m", blockSize: 2 }, contexts.openModel("m"), "copies");
}
/** A block of the lane, [high, low] each. */
function block(lane: Lane, [high, low]: [number, number], [parentHigh, parentLow]: [number, number]): ParkedBlock {
  const claim = { lora: null, salt: null, blockSize: 2, contentLow: 0, contentHigh: 0 };
  return { lane, low, high, parentLow, parentHigh, ...claim, next: null, previous: null };
}

describe("parking", () => {
  it("finds blocks by lane and hash, every bit of it", () => {
    const holder = aHolder();
    const [lane, other] = [new Lane(holder, 0, 0, 1), new Lane(holder, 1, 1, 1)];
    const parking = new Parking();
    const hashes: [number, number][] = [
      [0, 0],
      [0, 1],
      [0, 0x10000],
      [1, 0],
      [0x10000, 0],
      [-1, -1],
    ];
    const parked = hashes.map((hash) => block(lane, hash, [9, 9]));
    for (const one of parked) parking.replace(one);
    expect(hashes.map(([high, low]) => parking.find(lane, low, high))).toEqual(parked);
    expect([parking.find(other, 0, 0), parking.find(lane, 1, 1)]).toEqual([undefined, undefined]);
    expect([parking.count, parking.oldest()]).toEqual([6, parked[0]]);
  });

  it("finds those that wait for a hash, those of other holders aside, whichever of them goes", () => {
    const holder = aHolder();
    const lane = new Lane(holder, 0, 0, 1);
    const stranger = new Lane(aHolder(), 0, 1, 1);
    for (const gone of [0, 1, 2]) {
      const parking = new Parking();
      const parked = [1, 2, 3].map((low) => block(lane, [0, low], [5, 6]));
      for (const one of parked) parking.replace(one);
      parking.replace(block(lane, [0, 4], [6, 5]));
      parking.replace(block(stranger, [0, 1], [5, 6]));
      const waiting = (): number[] => parking.waitingFor(holder, 6, 5).map(({ low }) => low);
      expect(waiting()).toEqual([3, 2, 1]);
      parking.remove(parked[gone] as ParkedBlock);
      expect(waiting()).toEqual([3, 2, 1].filter((low) => low !== gone + 1));
      for (const one of parked) if (one !== parked[gone]) parking.remove(one);
      expect([waiting(), parking.count, holder.waiting.size]).toEqual([[], 2, 1]);
      parking.removeLane(lane);
      expect([parking.count, holder.waiting.size, stranger.holder.waiting.size]).toEqual([1, 0, 1]);
      expect(parking.waitingFor(holder, 6, 5)).toEqual([]);
      parking.removeLane(lane);
      parking.removeLane(stranger);
      expect([parking.count, parking.oldest(), stranger.holder.waiting.size]).toEqual([0, undefined, 0]);
    }
  });

  it("keeps the last of two blocks of one hash, under its own parent, as the newest", () => {
    const holder = aHolder();
    const lane = new Lane(holder, 0, 0, 1);
    const parking = new Parking();
    const [first, other, again] = [
      block(lane, [0, 1], [5, 6]),
      block(lane, [0, 2], [5, 6]),
      block(lane, [0, 1], [7, 8]),
    ];
    for (const one of [first, other, again]) parking.replace(one);
    expect([parking.count, parking.oldest(), parking.find(lane, 1, 0)]).toEqual([2, other, again]);
    expect(parking.waitingFor(holder, 6, 5)).toEqual([other]);
    expect(parking.waitingFor(holder, 8, 7)).toEqual([again]);
  });

  it("lets a block below a parent of the same adapter and block size, and of its salt if it says one", () => {
    const context = contexts.acquire(contexts.openModel("m"), "sql", "s", 2);
    expect(agrees(context, { lora: "sql", salt: "s", blockSize: 2 })).toBe(true);
    expect(agrees(context, { lora: "sql", salt: null, blockSize: 2 })).toBe(true);
    expect(agrees(context, { lora: "sql", salt: "t", blockSize: 2 })).toBe(false);
    expect(agrees(context, { lora: null, salt: "s", blockSize: 2 })).toBe(false);
    expect(agrees(context, { lora: "sql", salt: "s", blockSize: 4 })).toBe(false);
  });
});
