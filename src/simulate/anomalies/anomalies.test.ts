import { describe, expect, it } from "vitest";
import { loadHashes } from "../../engine/cache/hash-functions.js";
import { judgePlan, resultOf } from "../campaign/run-seed.js";
import { ANOMALIES } from "./catalogue.js";

const SEEDS = Number(process.env.KVPROOF_ANOMALY_SEEDS ?? 6);
const FIRST = Number(process.env.KVPROOF_ANOMALY_FIRST ?? 1);
const hashes = await loadHashes("sha256_cbor");

describe("the reference gateway survives", () => {
  it.each(ANOMALIES)("$id: $what", { timeout: 120_000 }, async ({ plan, faults, exercises, happened, excused }) => {
    const exercised = new Map<string, number>();
    for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
      const judged = await judgePlan(plan(seed), hashes);
      const result = resultOf(judged);
      expect(happened(judged.history), `seed ${seed}: it happened`).toBe(true);
      expect(Object.keys(result.faults), `seed ${seed}`).toEqual(expect.arrayContaining([...faults]));
      expect(
        result.violations.filter(({ property }) => !excused.includes(property)),
        `seed ${seed}`,
      ).toEqual([]);
      expect(result.doubts, `seed ${seed}`).toEqual([]);
      for (const id of exercises) exercised.set(id, (exercised.get(id) ?? 0) + (result.opportunities[id] ?? 0));
    }
    // One seed may ask at moments that prove nothing; all together must not.
    for (const id of exercises) expect(exercised.get(id), id).toBeGreaterThan(0);
  });
});
