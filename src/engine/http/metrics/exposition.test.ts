import { describe, expect, it } from "vitest";
import { Counter, Gauge, Histogram, render } from "./exposition.js";

describe("exposition", () => {
  it("writes counters as Python's client does: sorted labels, floats, a _created gauge", () => {
    const counter = new Counter("vllm:x_total", "Help.", 1.5);
    counter.with({ model_name: "m", engine: "0" }).value += 3;
    expect(render([counter])).toBe(
      [
        "# HELP vllm:x_total Help.",
        "# TYPE vllm:x_total counter",
        'vllm:x_total{engine="0",model_name="m"} 3.0',
        "# HELP vllm:x_created Help.",
        "# TYPE vllm:x_created gauge",
        'vllm:x_created{engine="0",model_name="m"} 1.5',
        "",
      ].join("\n"),
    );
  });

  it("makes buckets cumulative and keeps +Inf equal to the count", () => {
    const histogram = new Histogram("h", "H.", [1, 2.5], 0);
    const value = histogram.with({});
    for (const observed of [0.5, 1, 2, 99]) value.observe(observed);
    const samples = render([histogram])
      .split("\n")
      .filter((line) => line.startsWith("h_") && !line.startsWith("h_created"));
    expect(samples).toEqual([
      'h_bucket{le="1.0"} 2.0',
      'h_bucket{le="2.5"} 3.0',
      'h_bucket{le="+Inf"} 4.0',
      "h_count 4.0",
      "h_sum 102.5",
    ]);
  });

  it("escapes label values, so that a model name cannot break the page", () => {
    const gauge = new Gauge("g", "G.", () => [[{ name: 'a"b\\c\nd' }, Number.NaN]]);
    expect(render([gauge])).toContain('g{name="a\\"b\\\\c\\nd"} NaN');
  });
});
