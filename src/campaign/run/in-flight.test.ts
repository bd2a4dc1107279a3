import { describe, expect, it } from "vitest";
import { InFlight, recordedLoads } from "./in-flight.js";

const MS = 1e6;

describe("loads that are recorded with a request", () => {
  it("are all zero when nothing else runs or ran a moment ago", () => {
    const inFlight = new InFlight();
    const first = inFlight.begin(100 * MS);
    expect(recordedLoads(first)).toEqual({});
    inFlight.end(first, 110 * MS);
    expect(inFlight.quiet(115 * MS)).toBe(false);
    expect(recordedLoads(inFlight.begin(115 * MS))).toBeUndefined();
  });

  it("name the engine of a request that is being answered", () => {
    const inFlight = new InFlight();
    inFlight.begin(100 * MS).engine = "llama/1";
    expect(recordedLoads(inFlight.begin(150 * MS))).toEqual({ "llama/1": 1 });
  });

  it("are left out while it is unknown who serves another request", () => {
    const inFlight = new InFlight();
    inFlight.begin(100 * MS);
    expect(recordedLoads(inFlight.begin(150 * MS))).toBeUndefined();
  });

  it("are left out for both of two requests that left together", () => {
    const inFlight = new InFlight();
    const first = inFlight.begin(100 * MS);
    const second = inFlight.begin(103 * MS);
    expect([first, second].map(recordedLoads)).toEqual([undefined, undefined]);
  });
});
