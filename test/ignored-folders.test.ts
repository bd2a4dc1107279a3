/** Folders that tools pass over are named so that no source lies in one: what git passes over is missing from every clone. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const folders = new Set(
  ["src", "test", "scripts", "docs", "deploy"].flatMap((top) =>
    readdirSync(join(root, top), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name),
  ),
);

function listed(file: string): string[] {
  const text = readFileSync(join(root, file), "utf8");
  return file === ".gitignore" ? text.split("\n") : (JSON.parse(text) as { ignorePatterns: string[] }).ignorePatterns;
}

describe.each([".gitignore", ".oxlintrc.json", "stryker.config.json"])("%s", (file) => {
  it("passes over no folder of ours by its bare name", () => {
    const everywhere = listed(file).filter((pattern) => pattern !== "" && !/[/#!*]./.test(pattern));
    expect(everywhere.length).toBeGreaterThan(0);
    expect(everywhere.map((pattern) => pattern.replace(/\/$/, "")).filter((name) => folders.has(name))).toEqual([]);
  });
});
