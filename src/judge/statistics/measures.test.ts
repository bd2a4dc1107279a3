import { describe, expect, it } from "vitest";
import { LatencyHistogram } from "./histogram.js";
import { Measures } from "./measures.js";

const MS = 1e6;

function summaryOf(measures: Measures): [string, number, number][] {
  return measures.distributions().map(({ measure, count, max }) => [measure, count, max]);
}

function oneOf(ms: number): LatencyHistogram {
  const histogram = new LatencyHistogram();
  histogram.recordNs(ms * MS);
  return histogram;
}

describe("the measures of a run", () => {
  it("come in the order of reports, those without values left out", () => {
    const measures = new Measures();
    measures.record("recovery_ms", 1 * MS);
    measures.record("query_ms", 2 * MS);
    measures.record("query_ms", 1.5 * MS);
    expect(summaryOf(measures)).toEqual([
      ["query_ms", 2, 2],
      ["recovery_ms", 1, 1],
    ]);
    expect(measures.get("query_ms")?.count).toBe(2);
    expect(measures.get("flip_ms")).toBeUndefined();
  });

  it("leave out what began in a warm-up, and keep what has no beginning", () => {
    const measures = new Measures();
    measures.record("query_ms", 0.25 * MS, 5);
    measures.entered("warmup", 10);
    measures.record("query_ms", 9 * MS, 11);
    measures.record("start_ms", 1 * MS);
    measures.entered("steady", 20);
    measures.record("query_ms", 9 * MS, 19);
    measures.record("query_ms", 0.5 * MS, 20);
    measures.entered("converge", 30);
    measures.record("query_ms", 1 * MS, 25);
    expect(summaryOf(measures)).toEqual([
      ["query_ms", 3, 1],
      ["start_ms", 1, 1],
    ]);
  });

  it("take in whole histograms, but no empty ones", () => {
    const measures = new Measures();
    measures.add("emit_to_apply_ms", new LatencyHistogram());
    expect(measures.get("emit_to_apply_ms")).toBeUndefined();
    measures.add("emit_to_apply_ms", oneOf(1));
    measures.add("emit_to_apply_ms", oneOf(2));
    measures.record("emit_to_apply_ms", 0.5 * MS);
    expect(summaryOf(measures)).toEqual([["emit_to_apply_ms", 3, 2]]);
  });

  it("are none where nobody will ask", () => {
    const measures = new Measures(false);
    measures.record("query_ms", 1 * MS);
    measures.add("emit_to_apply_ms", oneOf(1));
    expect(measures.distributions()).toEqual([]);
  });
});
