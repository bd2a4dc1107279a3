import { describe, expect, it } from "vitest";
import { waitFor } from "../../../base/async.js";
import { FakeWorld } from "../testing/fake-world.js";
import { crashLoop } from "./crash-loop.js";

describe("process.crash-loop", () => {
  it("shows once everything crashed again, and ends with everything running", async () => {
    const world = new FakeWorld(["m/1", "m/2"]);
    const active = await crashLoop.inject(world, { uptime: 1, backoff: 1 });
    const seen = await waitFor(() => active.effect(), { describe: "a loop", timeoutMs: 5_000, intervalMs: 1 });
    expect(seen).toMatch(/^crashed: m\/1 [2-9] times, m\/2 [2-9] times$/);
    await active.recover();
    for (const name of ["m/1", "m/2"]) {
      const own = world.told.filter((told) => told.endsWith(name)).map((told) => told.split(" ")[0]);
      expect(own).toEqual(own.map((_, i) => (i % 2 === 0 ? "stop" : "start")));
      expect(own.at(-1)).toBe("start");
    }
    expect(await active.recovered()).toContain("all stay up now");
  });

  it("is no loop after one crash", async () => {
    const world = new FakeWorld(["m/1"]);
    const active = await crashLoop.inject(world, { uptime: 60_000, backoff: 1 });
    await waitFor(() => world.told.includes("start m/1"), { describe: "the second life", timeoutMs: 5_000 });
    expect(await active.effect()).toBeNull();
    await active.recover();
  });
});
