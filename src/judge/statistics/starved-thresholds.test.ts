import { expect, it } from "vitest";
import { starvedOf } from "./starved-thresholds.js";

it("a latency missed while the router waited for a CPU is unknown; on a quiet machine, or about anything else, it is missed", () => {
  const missed = { measure: "flip_ms", expression: "p99 < 5", measured: 9, verdict: "fail" } as const;
  expect(starvedOf(missed, 0.2).verdict).toBe("unknown");
  expect(starvedOf(missed, 0.2)).toEqual({ ...missed, verdict: "unknown" });
  expect(starvedOf(missed, 0.05)).toEqual(missed);
  expect(starvedOf(missed, undefined).verdict).toBe("fail");
  expect(starvedOf({ ...missed, measure: "lost_batches" }, 0.2).verdict).toBe("fail");
  expect(starvedOf({ ...missed, verdict: "pass" }, 0.2).verdict).toBe("pass");
});
