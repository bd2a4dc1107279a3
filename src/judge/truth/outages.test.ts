import { describe, expect, it } from "vitest";
import { EngineState } from "./engine-state.js";
import { Outages } from "./outages.js";

const BOUNDS = { stalenessNs: 100, recoveryNs: 1000, gapNs: 500, departureNs: 300, adapterNs: 200 };

/** An engine whose ring keeps two batches, which published batches at `times`. */
function publisher(times: readonly number[]): EngineState {
  const engine = new EngineState(0, "a", BOUNDS, true);
  engine.note({ k: "engine", at: 0, engine: "a", model: "m", epoch: 1, event: "ready", replayBatches: 2 });
  const stream = engine.stream(0);
  for (const at of times) engine.noteEmitted(stream, at);
  return engine;
}

const lostBefore = (engine: EngineState): number => engine.stream(0).holder.lostBefore;
const NOTHING = Number.NEGATIVE_INFINITY;

describe("Outages", () => {
  it("lose what the ring did not keep, once consumers had their time to catch up", () => {
    const engine = publisher([10, 20, 30, 40]);
    const outages = new Outages(() => NOTHING, 50);
    outages.ended(engine, 15, 100);
    outages.advance(99);
    expect(lostBefore(engine)).toBe(NOTHING);
    outages.advance(100);
    expect(lostBefore(engine)).toBe(20);
  });

  it("lose nothing that consumers had heard before them", () => {
    const engine = publisher([10, 20, 30, 40]);
    const outages = new Outages(() => NOTHING, 50);
    outages.ended(engine, 31, 100);
    outages.advance(1000);
    expect(lostBefore(engine)).toBe(NOTHING);
  });

  it("are judged one by one, each at its own time", () => {
    const [first, second] = [publisher([10, 20, 30, 40]), publisher([10, 20, 30, 40])];
    const outages = new Outages(() => NOTHING, 50);
    outages.ended(second, 15, 300);
    outages.ended(first, 15, 100);
    outages.advance(150);
    expect([lostBefore(first), lostBefore(second)]).toEqual([20, NOTHING]);
    outages.advance(299);
    expect(lostBefore(second)).toBe(NOTHING);
    outages.advance(300);
    expect(lostBefore(second)).toBe(20);
  });

  it("do not count where the life that they met is over", () => {
    const engine = publisher([10, 20, 30, 40]);
    const outages = new Outages(() => NOTHING, 50);
    outages.ended(engine, 15, 100);
    engine.beginLife(2, 60);
    for (const at of [61, 62, 63, 64]) engine.noteEmitted(engine.stream(0), at);
    outages.advance(1000);
    expect(lostBefore(engine)).toBe(NOTHING);
  });

  it("wait for calm: asked again when it is promised, or after a while where nobody knows", () => {
    const engine = publisher([10, 20, 30, 40]);
    const asked: number[] = [];
    let calmAt = Number.POSITIVE_INFINITY;
    let now = 0;
    const outages = new Outages((name) => {
      asked.push(now);
      expect(name).toBe("a");
      return calmAt;
    }, 50);
    outages.ended(engine, 15, 100);
    for (now = 90; now <= 170; now += 5) outages.advance(now);
    expect(asked).toEqual([100, 150]);
    calmAt = 210;
    for (; now <= 300; now += 5) outages.advance(now);
    expect(asked).toEqual([100, 150, 200, 210]);
    expect(lostBefore(engine)).toBe(20);
  });
});
