import { expect, it } from "vitest";
import { ratesOf } from "./rising-rates.js";

it("a rising load goes up in equal factors, and never beyond its last rate", () => {
  const rising = { to: 8000, factor: 2, step: 1000 };
  expect(ratesOf({ rate_per_s: 1000, rising })).toEqual([1000, 2000, 4000, 8000]);
  expect(ratesOf({ rate_per_s: 1000, rising: { ...rising, to: 7999 } })).toEqual([1000, 2000, 4000]);
  expect(ratesOf({ rate_per_s: 1000 })).toEqual([1000]);
});
