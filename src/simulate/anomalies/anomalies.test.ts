import { describe, expect, it } from "vitest";
import { loadHashes } from "../../engine/cache/hash-functions.js";
import { judgePlan, resultOf } from "../campaign/run-seed.js";
import { ANOMALIES } from "./catalogue.js";

const hashes = await loadHashes("sha256_cbor");

describe("the reference gateway survives", () => {
  it.each(ANOMALIES)("$id: $what", async ({ plan, faults, exercises }) => {
    const result = resultOf(await judgePlan(plan, hashes));
    expect(result.violations).toEqual([]);
    expect(result.doubts).toEqual([]);
    expect(Object.keys(result.faults)).toEqual(expect.arrayContaining([...faults]));
    for (const id of exercises) expect(result.opportunities[id], id).toBeGreaterThan(0);
  });
});
