import { Registry, Counter, Gauge } from "prom-client";
import { describe, expect, it } from "vitest";
import { parseSamples } from "./prometheus-text.js";

describe("reading metrics", () => {
  it("gives the counters that the library wrote, labels with quotes and newlines included", async () => {
    const registers = [new Registry()];
    const batches = new Counter({ name: "x_batches_total", help: "h", labelNames: ["engine", "result"], registers });
    batches.inc({ engine: 'a"b\\c\nd/1', result: "applied" }, 12);
    new Gauge({ name: "x_credit", help: "h", registers }).set(0.25);
    new Gauge({ name: "y_other", help: "h", registers }).set(1);
    expect(parseSamples((await registers[0]?.metrics()) ?? "", "x_")).toEqual([
      { name: "x_batches_total", labels: { engine: 'a"b\\c\nd/1', result: "applied" }, value: 12 },
      { name: "x_credit", labels: {}, value: 0.25 },
    ]);
  });

  it("skips what is no sample", () => {
    expect(parseSamples('# HELP x_a text\nx_\nx_a{b="c"}\nx_b 1e3\nx_c +Inf 1700000000', "x_")).toEqual([
      { name: "x_b", labels: {}, value: 1000 },
      { name: "x_c", labels: {}, value: Number.POSITIVE_INFINITY },
    ]);
  });
});
