import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readConfig } from "./config.js";

const folder = mkdtempSync(join(tmpdir(), "kvproof-config-"));
afterAll(() => rmSync(folder, { recursive: true }));
const config = (text: string): ReturnType<typeof readConfig> => {
  const path = join(folder, "c.yaml");
  writeFileSync(path, text);
  return readConfig(path);
};

describe("readConfig", () => {
  it("takes engines fully described, and engines to be asked", () => {
    const { described, discovered } = config(`
engines:
  - engine: m/1
    model: m
    block_size: 16
    http: http://10.0.0.1:8000
    ranks: [{ rank: 0, events: "tcp://10.0.0.1:5557", replay: "tcp://10.0.0.1:5657" }]
  - http: http://10.0.0.2:8000
  - { http: "http://10.0.0.3:8000", engine: special }
`);
    expect(described).toMatchObject([{ engine: "m/1", topic: "", ranks: [{ rank: 0 }] }]);
    expect(discovered).toEqual([{ http: "http://10.0.0.2:8000" }, { http: "http://10.0.0.3:8000", engine: "special" }]);
  });

  it.each([
    ["engines:\n  - http: [1", /c\.yaml:2:\d+ /],
    ["engine: []", /engines/],
    ["engines: []\nextra: 1", /extra/],
    ["engines:\n  - http: tcp://x", /c\.yaml:2:11 engines\.0: http: must be http:\/\/host:port/],
    ["engines:\n  - http: http://h:1\n    nmae: x", /c\.yaml:2:5 engines\.0: .*nmae/],
    ["engines:\n  - http: http://h:1\n    model: m\n    block_size: 16\n    ranks: []", /engines\.0: engine/],
  ])("names the place of a mistake in %j", (text, message) => {
    expect(() => config(text)).toThrow(message);
  });
});
