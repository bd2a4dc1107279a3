import { describe, expect, it } from "vitest";
import { keepsUp, kneeOf, limitOf, sentPerS } from "./load-steps.js";

const fine = { offered: 1000, sent: 1000, latenessP99Ms: 2, drainMs: 5 };
const lasting = (perS: number, more: Partial<typeof fine & { drainMs: number | null }> = {}) => ({
  ...fine,
  offered: perS,
  sent: perS,
  offeredPerS: perS,
  ...more,
});

describe("steps of a load", () => {
  it("tells a generator that could not send from a router that could not apply", () => {
    expect(limitOf(fine)).toBeNull();
    expect(limitOf({ ...fine, sent: 900 })).toBe("generator");
    expect(limitOf({ ...fine, latenessP99Ms: 300 })).toBe("generator");
    // Just punctual enough, sent just enough, applied just in time.
    expect(limitOf({ offered: 1000, sent: 980, latenessP99Ms: 100, drainMs: 250 })).toBeNull();
    expect(limitOf({ ...fine, drainMs: 2000 })).toBe("system under test");
    expect(limitOf({ ...fine, drainMs: null })).toBe("system under test");
    // A queue that grew is the router's doing, however late the generator was besides.
    expect(limitOf({ ...fine, sent: 900, drainMs: 2000 })).toBe("system under test");
    expect(keepsUp({ ...fine, sent: 900 })).toBe(false);
  });

  it("finds the knee at the last rate that everything kept up with, and says what ended the search", () => {
    const rising = [lasting(1000), lasting(2000), lasting(4000, { drainMs: 900 }), lasting(8000)];
    expect(kneeOf(rising)).toEqual({ perS: 2000, limit: "system under test" });
    expect(kneeOf(rising.slice(0, 2))).toEqual({ perS: 2000, limit: null });
    expect(kneeOf([lasting(1000, { sent: 10 })])).toEqual({ perS: null, limit: "generator" });
  });

  it("reckons rates from what was sent, not from what was asked for", () => {
    expect(sentPerS({ sent: 500, offered: 1000, offeredPerS: 100 })).toBe(50);
    expect(sentPerS({ sent: 0, offered: 0, offeredPerS: 100 })).toBe(0);
  });
});
