import { describe, expect, it } from "vitest";
import { FakeWorld } from "../testing/fake-world.js";
import { quirk } from "./quirk.js";

const given = { quirk: "burn-seq", count: 2 } as const;

/** An engine's report of quirks, as the test wants it. */
function engine(): { world: FakeWorld; armed: unknown[]; report: { waiting: number; applied: number } } {
  const state = { armed: [] as unknown[], report: { waiting: 2, applied: 0 } };
  const world = new FakeWorld(["m/1"], (_engine, path, body) => {
    if (path === "quirk") state.armed.push(body);
    return { ranks: [{ rank: 0, quirks: { "burn-seq": state.report } }] };
  });
  return {
    world,
    ...state,
    get report() {
      return state.report;
    },
  };
}

describe("engine.quirk", () => {
  it("shows when the engine says that it fired, not when it was asked for", async () => {
    const { world, armed, report } = engine();
    const active = await quirk.inject(world, given);
    expect(armed).toEqual([{ kind: "burn-seq", count: 2, rank: 0 }]);
    expect(await active.effect()).toBeNull();
    report.applied = 1;
    expect(await active.effect()).toBe("burn-seq fired: m/1 × 1");
  });

  it("is gone when none waits any more", async () => {
    const { world, armed, report } = engine();
    const active = await quirk.inject(world, given);
    await active.recover();
    expect(armed.at(-1)).toEqual({ kind: "burn-seq", count: 0, rank: 0 });
    expect(await active.recovered()).toBeNull();
    report.waiting = 0;
    expect(await active.recovered()).toContain("no burn-seq waits any more; fired: never");
  });
});
