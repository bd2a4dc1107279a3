import { describe, expect, it } from "vitest";
import { ALL_CAPABILITIES } from "../../judge/testing/a-history.js";
import type { PlannedFault } from "../plan/fault-plan.js";
import { checksUnderFaults, thresholdsUnderFaults } from "./fault-expectations.js";

const kill: PlannedFault = { id: "k", kind: "process.kill", target: "gateway", atMs: 0, forMs: 1000, parameters: {} };
const gateway = { events: true, replay: true };

describe("what runs with faults are held to", () => {
  it("convergence within 30 s of each recovery, unless the scenario sets another limit", () => {
    const held = thresholdsUnderFaults({ faults: [kill], gateway, thresholds: {} }, ALL_CAPABILITIES);
    expect(held).toEqual({ recovery_ms: ["max <= 30000"], converge_ms: ["max <= 30000"] });
    const own = { recovery_ms: ["max < 5000"] };
    expect(thresholdsUnderFaults({ faults: [kill], gateway, thresholds: own }, ALL_CAPABILITIES)).toMatchObject(own);
  });

  it("nothing more where nothing breaks, nobody can be asked, or no event arrives", () => {
    const thresholds = { query_ms: ["p99 < 5"] };
    expect(thresholdsUnderFaults({ faults: [], gateway, thresholds }, ALL_CAPABILITIES)).toBe(thresholds);
    const mute = { ...ALL_CAPABILITIES, match: false };
    expect(thresholdsUnderFaults({ faults: [kill], gateway, thresholds }, mute)).toBe(thresholds);
    const deaf = { events: false, replay: true };
    expect(thresholdsUnderFaults({ faults: [kill], gateway: deaf, thresholds }, ALL_CAPABILITIES)).toBe(thresholds);
  });

  it("fault-is-told, once, of systems that log and count", () => {
    expect(checksUnderFaults({ checks: ["served"], faults: [kill] }, true)).toEqual(["served", "fault-is-told"]);
    expect(checksUnderFaults({ checks: ["fault-is-told"], faults: [kill] }, true)).toEqual(["fault-is-told"]);
    expect(checksUnderFaults({ checks: [], faults: [kill] }, false)).toEqual([]);
    expect(checksUnderFaults({ checks: [], faults: [] }, true)).toEqual([]);
  });
});
