/** What the documentation promises is there: whoever follows a link or types an option must not be told that it does not exist. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const pages = [
  "README.md",
  "CONTRIBUTING.md",
  ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => join("docs", file)),
];
const textOf = (page: string): string => readFileSync(join(root, page), "utf8");

describe("documentation", () => {
  it("links only to files that exist", () => {
    const dead = pages.flatMap((page) =>
      [...textOf(page).matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)/g)]
        .map(([, target]) => target as string)
        .filter((target) => !existsSync(join(root, dirname(page), target)))
        .map((target) => `${relative(".", page)} → ${target}`),
    );
    expect(dead).toEqual([]);
  });

  it("documented options exist", () => {
    const commands = readdirSync(join(root, "src/cli/commands"), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => readFileSync(join(root, "src/cli/commands", file), "utf8"))
      .join("\n");
    const known = new Set([...commands.matchAll(/--[a-z][a-z0-9-]+/g)].map(([option]) => option));
    const named = pages
      .filter((page) => page.startsWith("docs/reference"))
      .flatMap((page) =>
        [...textOf(page).matchAll(/^\|\s*`(--[a-z][a-z0-9-]+)/gm)].map(([, option]) => option as string),
      );
    expect(named.length).toBeGreaterThan(5);
    expect([...new Set(named)].filter((option) => !known.has(option))).toEqual([]);
  });
});
