import { describe, expect, it } from "vitest";
import { FAULTS } from "./catalogue.js";
import { quietOf } from "./quiet.js";

const fault = (kind: string, rest: object = {}) => ({
  kind,
  target: "engines/*",
  forMs: 8000,
  parameters: {},
  ...rest,
});

describe("what a consumer may suffer in silence", () => {
  it("is nothing where it loses an engine or news: whoever is on call must see it", () => {
    for (const kind of ["process.kill", "host.oom", "stream.drop", "stream.burnt", "link.partition", "process.pause"]) {
      expect(quietOf(fault(kind)), kind).toEqual({});
    }
  });

  it("is a silence that is shorter than any heartbeat, but never a reset", () => {
    expect(quietOf(fault("link.partition", { forMs: 2000 })).log).toContain("2000 ms");
    expect(quietOf(fault("link.partition", { forMs: 2000, parameters: { how: "reset" } }))).toEqual({});
  });

  it("is what makes no difference to one that does its work; copies are counted all the same", () => {
    expect(quietOf(fault("clock.step"))).toMatchObject({ log: expect.any(String), metric: expect.any(String) });
    expect(quietOf(fault("stream.duplicate"))).toEqual({ log: expect.any(String) });
    expect(quietOf(fault("engine.quirk", { parameters: { quirk: "burn-seq" } }))).toEqual({});
    expect(quietOf(fault("engine.quirk", { parameters: { quirk: "missing-remove" } })).metric).toBeDefined();
  });

  it("is never the whole catalogue", () => {
    const loud = FAULTS.filter(({ kind }) => Object.keys(quietOf(fault(kind))).length === 0);
    expect(loud.length).toBeGreaterThan(0);
  });
});
