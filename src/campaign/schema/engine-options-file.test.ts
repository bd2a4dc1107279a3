import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readEngineOptions } from "./engine-options-file.js";

const folder = mkdtempSync(join(tmpdir(), "kvproof-options-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(text: string): string {
  const path = join(folder, "options.yaml");
  writeFileSync(path, text);
  return path;
}

describe("--engine-options", () => {
  it("says what every real engine is started with", () => {
    const text = "image: mine:1\nvolumes: [{ host: /usr, path: /usr }]\n";
    expect(readEngineOptions(file(text))).toEqual({ image: "mine:1", volumes: [{ host: "/usr", path: "/usr" }] });
  });

  it.each([
    ["is not there", () => "/no/such/file", /engine options \/no\/such\/file cannot be read/],
    ["is no YAML", () => file("image: [\n"), /options\.yaml: /],
  ])("is refused when it %s", (_, path, problem) => {
    const given = path();
    expect(() => readEngineOptions(given)).toThrow(problem);
  });

  it("is refused with what it does not know", () => {
    expect(() => readEngineOptions(file("imagee: x\n"))).toThrow(/imagee/);
  });
});
