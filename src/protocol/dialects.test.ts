import { describe, expect, it } from "vitest";
import { UsageError } from "../base/errors.js";
import { DIALECTS, parseDialect } from "./dialects.js";

describe("parseDialect", () => {
  it("accepts every name of the table", () => {
    for (const name of Object.keys(DIALECTS)) expect(parseDialect(name)).toBe(name);
  });

  it("finds the dialect that a release speaks", () => {
    expect(parseDialect("vllm-0.31.2")).toBe("vllm-0.30");
    expect(parseDialect("vllm-0.23.0")).toBe("vllm-0.22");
    expect(parseDialect("vllm-0.10.1")).toBe("vllm-0.9.1");
    expect(parseDialect("vllm-0.9.0.1")).toBe("vllm-0.9.0");
  });

  it("refuses what never published events, naming what exists", () => {
    expect(() => parseDialect("vllm-0.8.5")).toThrow(UsageError);
    expect(() => parseDialect("sglang")).toThrow(/sglang-array, sglang-map/);
    expect(() => parseDialect("")).toThrow(/vllm-0.30/);
  });
});

describe("the dialect table", () => {
  it("has the array lengths that fingerprint each release", () => {
    const lengths = (["vllm-0.9.0", "vllm-0.10.2", "vllm-0.14", "vllm-0.17", "vllm-0.20", "vllm-0.22"] as const).map(
      (name) => DIALECTS[name].storedFields.length + 1,
    );
    expect(lengths).toEqual([6, 7, 8, 9, 10, 12]);
  });

  it("adds the topic to replay replies from 0.26 on", () => {
    expect(DIALECTS["vllm-0.24"].replayFrames).toBe(3);
    expect(DIALECTS["vllm-0.26"].replayFrames).toBe(4);
  });
});
